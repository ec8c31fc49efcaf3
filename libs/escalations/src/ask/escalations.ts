import type { EscalationRow, EscalationUpdate, NewEscalation } from '../rows/escalation.js';

/** Escalations as they are read outside a transaction, each with the database clock of its reading. Nothing is locked. */
export interface EscalationReads {
  /** `null` when there is none of this id. */
  byId(id: string): Promise<{ escalation: EscalationRow; now: number } | null>;
  /** The escalation whose deferral code has this hash; `null` when there is none. */
  byDeferralHash(hash: Buffer): Promise<{ escalation: EscalationRow; now: number } | null>;
}

/** Escalations inside a transaction. */
export interface Escalations extends EscalationReads {
  /** Writes a request in the state of its birth and returns its row. */
  insert(row: NewEscalation): Promise<EscalationRow>;
  /**
   * Locks FOR UPDATE, then reads the row and the database clock; `null` when there is none. Lock the agent first and the
   * grant after it: everybody takes them in that order.
   */
  lock(id: string): Promise<{ escalation: EscalationRow; now: number } | null>;
  /**
   * Changes a pending escalation that the transaction holds locked and returns the row as it is then. A compare-and-swap.
   * @throws when it has not this version any more, or the table of changes does not hold the change
   */
  change(id: string, fromVersion: number, update: EscalationUpdate): Promise<EscalationRow>;
  /** Marks a poll at the database clock; true when the previous one was less than `intervalSeconds` ago. Locks no escalation. */
  markPoll(id: string, intervalSeconds: number): Promise<boolean>;
}
