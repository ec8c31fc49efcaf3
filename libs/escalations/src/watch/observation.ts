import type { EscalationRow } from '../rows/escalation.js';
import type { GrantRow } from '../rows/grant.js';
import type { HistoryEntry } from '../rows/history.js';
import type { TokenRow } from '../rows/token.js';

/** Where work stands in a trace (W3C Trace Context): 32 and 16 lower-case hexadecimal digits. */
export interface TraceContext {
  readonly traceId: string;
  readonly spanId: string;
}

/** What one transaction did, told after its commit. */
export interface Committed {
  readonly events: readonly HistoryEntry[];
  /** Escalations that this transaction decided, as they are now. */
  readonly decided: readonly EscalationRow[];
  /** Epoch milliseconds of this process: when the transaction began. */
  readonly startedAt: number;
}

/**
 * Watches what the stores do, for metrics and traces; use cases know nothing of it. Nothing here may throw, wait or
 * change what it is shown.
 */
export abstract class Observer {
  /** Where the work under way stands, to be written with what it leaves behind; `null` while nothing is traced. */
  abstract current(): TraceContext | null;
  abstract committed(what: Committed): void;
  /** A token was looked up outside a transaction, as by introspection. @param now epoch ms of the database clock */
  abstract tokenRead(token: TokenRow, grant: GrantRow, now: number): void;
}

/** For processes that nobody watches, such as commands. */
export class NoopObserver extends Observer {
  override current(): null {
    return null;
  }
  override committed(): void {}
  override tokenRead(): void {}
}

/** Finds the trace in which an escalation was asked for; `null` when it was not traced. */
export abstract class TraceDirectory {
  abstract traceOf(escalationId: string): Promise<TraceContext | null>;
}

/** Figures about the whole installation, the same from every process. Ages are seconds on the database clock. */
export interface Figures {
  readonly outbox: { readonly waiting: number; readonly oldestSeconds: number };
  /** How long the oldest row that is over has waited to be written so; 0 when none waits. */
  readonly sweep: { readonly escalationSeconds: number; readonly grantSeconds: number };
  /** Unresolved ones by topic. */
  readonly deadLetters: Readonly<Record<string, number>>;
  /** Pending escalations by how long ago they were asked for: keys of `PENDING_AGES`. */
  readonly pending: Readonly<Record<string, number>>;
  readonly openGrants: { readonly ready: number; readonly active: number };
  readonly breakGlassUnreviewed: number;
}

/** Classes of age: name and upper bound in seconds. */
export const PENDING_AGES = [
  ['under_1m', 60],
  ['1m_to_5m', 300],
  ['5m_to_15m', 900],
  ['15m_to_1h', 3_600],
  ['over_1h', Infinity],
] as const;

export abstract class FigureSource {
  /** Rejects after about a second when the database does not answer; changes nothing. */
  abstract read(): Promise<Figures>;
}
