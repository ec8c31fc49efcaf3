import type { Catalog } from '#domain/catalog.js';
import type { EndReason } from '#domain/grant/lifecycle.js';
import type { EscalationRow, EscalationUpdate } from '../rows/escalation.js';
import type { GrantRow } from '../rows/grant.js';
import type { Actor } from '../rows/history.js';

/** How a grant ends. Times are epoch milliseconds; `endedAt` when it really was, if not now. */
export interface Ending {
  readonly change: 'completed' | 'revoked' | 'expired';
  readonly reason: EndReason;
  readonly actor: Actor;
  readonly now: number;
  readonly endedAt?: number;
  readonly outcome?: string;
  readonly data?: Readonly<Record<string, unknown>>;
}

/** A grant that the transaction holds locked, and how it ends. */
export interface GrantEnding {
  readonly grant: GrantRow;
  readonly ending: Ending;
}

/** An escalation that the transaction holds locked, and what becomes of it. */
export interface EscalationEnding {
  readonly escalation: EscalationRow;
  readonly update: EscalationUpdate & { readonly change: 'lapsed' | 'cancelled' };
}

/** Many rows that end in one transaction: a few statements, however many they are. */
export interface Endings {
  /** Locks FOR UPDATE those of these that nobody else holds, then reads them and the clock. The others wait for another time. */
  lockFreeEscalations(ids: readonly string[]): Promise<{ escalations: EscalationRow[]; now: number }>;
  /**
   * Locks FOR UPDATE the pending requests of which this catalog lacks the resource or an action, waiting for whoever holds
   * one, then reads them and the clock.
   */
  lockOpenOutside(catalog: Pick<Catalog, 'resources'>): Promise<{ escalations: EscalationRow[]; now: number }>;
  /** The same as the first for grants. */
  lockFreeGrants(ids: readonly string[]): Promise<{ grants: GrantRow[]; now: number }>;
  /**
   * Locks and reads open grants that were handed on from these, at whatever depth, as far as no other transaction holds
   * them; at most as many as one transaction should end.
   */
  lockFreeUnder(ids: readonly string[]): Promise<GrantRow[]>;
  /** Ends pending escalations. @throws when one moved under its lock */
  endEscalations(endings: readonly EscalationEnding[]): Promise<void>;
  /** Ends grants and their live tokens. @throws when one moved under its lock */
  endGrants(endings: readonly GrantEnding[]): Promise<void>;
}
