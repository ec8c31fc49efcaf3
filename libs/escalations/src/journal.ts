import type { HistoryEntry } from './rows/history.js';
import type { OutboxEntry } from './rows/outbox.js';

/** What a transaction says of itself: what happened in it, and what must follow its commit. */
export interface EventJournal {
  /**
   * Appends to the history and to the audit log: same ids, same instant. Enqueues what follows from these entries:
   * cards, lines of threads, notices, timers (`tell/what-follows.ts`). @param now epoch milliseconds of the database clock
   */
  record(entries: readonly HistoryEntry[], now: number): Promise<void>;
  /** Enqueues work for after the commit, which wakes the relay; a transaction that is undone enqueues nothing. */
  enqueue(entries: readonly OutboxEntry[]): Promise<void>;
  /**
   * What the agent said of this grant's outcome, with its end and since, oldest first: the data of those events. Of events
   * whose seal is wrong nothing. `late`: said after the end
   */
  outcomesOf(grantId: string): Promise<{ readonly late: boolean; readonly data: Record<string, unknown> }[]>;
}
