import type { GrantRow, GrantUpdate, NewGrant } from '../rows/grant.js';

/** Grants as they are read outside a transaction, each with the database clock of its reading. Nothing is locked. */
export interface GrantReads {
  /** `null` when there is none of this id. */
  byId(id: string): Promise<{ grant: GrantRow; now: number } | null>;
  /** The grant that this escalation led to; `null` when there is none. */
  ofEscalation(escalationId: string): Promise<{ grant: GrantRow; now: number } | null>;
}

/** Grants inside a transaction. Their lock comes after those of the agent and the escalation. */
export interface Grants extends GrantReads {
  /** Writes a grant that is ready to be collected and returns its row. */
  insert(row: NewGrant): Promise<GrantRow>;
  /** Locks FOR UPDATE, then reads the row and the database clock; `null` when there is none. */
  lock(id: string): Promise<{ grant: GrantRow; now: number } | null>;
  /** Locks in the same way the grant that this escalation led to. */
  lockOfEscalation(escalationId: string): Promise<{ grant: GrantRow; now: number } | null>;
  /**
   * Locks the grants above one FOR UPDATE, the topmost first and all before the one itself: a transaction that counts under
   * them, or mints what counts under them, waits its turn. @param parents the nearest first, as a grant has them
   */
  lockAncestors(parents: GrantRow['parents']): Promise<void>;
  /**
   * Changes a grant that the transaction holds locked and returns the row as it is then. A compare-and-swap.
   * @throws when it has not this version any more, or the table of changes does not hold the change
   */
  change(id: string, fromVersion: number, update: GrantUpdate): Promise<GrantRow>;
  /** Notes a sign of life of the agent that holds this grant, which the transaction holds locked. An earlier instant changes nothing. */
  recordHeartbeat(grantId: string, now: number): Promise<void>;
}
