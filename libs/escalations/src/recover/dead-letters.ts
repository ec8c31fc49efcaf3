import type { Actor } from '../rows/history.js';

/** A job that failed for good: nobody tries it again unless somebody asks for it. Times are epoch milliseconds. */
export interface DeadLetterRow {
  /** Decimal digits. */
  readonly id: string;
  readonly topic: string;
  readonly jobId: string;
  /** What the job was about: an escalation, a grant. */
  readonly subject: string;
  readonly error: string;
  readonly at: number;
  /** When it was handed over again; `null` while nobody did. */
  readonly resolvedAt: number | null;
}

/** What became of dead letters that somebody wants tried again. */
export interface Retried {
  readonly retried: readonly DeadLetterRow[];
  /** Dead letters of a topic that this version does not know: they stay. */
  readonly unknown: readonly DeadLetterRow[];
}

/** The dead letters. Their number is a figure of its own: see `FigureSource`. */
export abstract class DeadLetters {
  /** Newest first. @param unresolved only those that nobody has handed over again */
  abstract list(limit: number, unresolved: boolean): Promise<DeadLetterRow[]>;
  /**
   * Puts the jobs of unresolved letters back into the outbox and marks the letters, in one transaction with the history.
   * A job loads what it is about afresh, so one that is no longer needed finds nothing to do.
   * @param which ids, or everything that is unresolved
   */
  abstract retry(which: readonly string[] | 'all', actor: Actor): Promise<Retried>;
}
