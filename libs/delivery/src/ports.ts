import type { JobPayload, QueueName, Topic } from './queues.js';

/** A row of the outbox under this relay's claim. */
export interface OutboxRow {
  /** Decimal digits; grows with each row. */
  readonly seq: string;
  /** Tells the row from another of this number, which a database that was put back to an earlier state gives out again. */
  readonly stamp?: string;
  readonly topic: Topic;
  /** The escalation or grant that the row points to. */
  readonly id: string;
  /** The escalation of the grant that `id` names. */
  readonly ofGrant?: string | null;
  /** Where in a trace the row was written: `<trace id>-<span id>`; `null` when it was not traced. */
  readonly trace?: string | null;
  /** Milliseconds until the job is due, on the database clock at the time of the claim; 0 = now. */
  readonly delayMs: number;
  /** Its job would find nothing to do: it is announced, and no more. */
  readonly jobless?: boolean;
}

/** A job that nobody will try again by itself. */
export interface DeadLetter {
  readonly topic: string;
  readonly jobId: string;
  readonly payload: JobPayload;
  readonly error: string;
}

/** The outbox and what became of its jobs. Every method is one statement of its own: no network waits inside a transaction. */
export abstract class OutboxStore {
  /**
   * Leases up to `limit` waiting rows of these topics, oldest first, skipping those another relay holds. Rows of other
   * topics stay for a newer broker. A lease that runs out gives the rows back.
   */
  abstract claim(topics: readonly Topic[], limit: number, leaseSeconds: number): Promise<OutboxRow[]>;
  /** Leases rows of these topics likewise that were handed over longer ago than `seconds` and whose job is not done yet. */
  abstract claimUndone(
    topics: readonly Topic[],
    limit: number,
    leaseSeconds: number,
    seconds: number,
  ): Promise<OutboxRow[]>;
  /** Ends leases early, so that the rows need not wait them out. */
  abstract release(seqs: readonly string[]): Promise<void>;
  /**
   * Marks rows as handed over at this moment: for good, where a sweeper would find what the queue loses, and those that
   * are `jobless`.
   */
  abstract dispatched(seqs: readonly string[], jobless?: readonly string[]): Promise<void>;
  /** Marks the row of this job as done: it is not handed over again. */
  abstract done(jobId: string): Promise<void>;
  /** Tells every process, in one message, that these escalations may have changed. */
  abstract announce(escalationIds: readonly string[]): Promise<void>;
  /** Keeps a dead letter, with which the job's row is done; a second one of the same job, while the first is unresolved, adds nothing. */
  abstract park(letter: DeadLetter): Promise<void>;
}

export interface NewJob {
  readonly jobId: string;
  readonly topic: Topic;
  readonly payload: JobPayload;
  readonly delayMs: number;
}

/** Where jobs are handed to. An id that the queue still remembers adds nothing. */
export abstract class JobQueues {
  abstract add(queue: QueueName, jobs: readonly NewJob[]): Promise<void>;
}

/** What is announced, among the ids of changed escalations, when a commit has left rows in the outbox. */
export const OUTBOX_FILLED = 'outbox';

/** Wakes the relay after a commit. */
export abstract class WakeSignal {
  abstract wake(): void;
  /** Resolves at the next wake, at once if one came since the last wait, or after `ms`. */
  abstract wait(ms: number): Promise<void>;
}

export interface ChangeFeedListener {
  heard(escalationIds: readonly string[]): void;
  /** Listening (again): whatever was announced before this moment went unheard. */
  listening(): void;
  lost(error: unknown): void;
}

/** Hears the announcements of all processes; reconnects by itself. */
export abstract class ChangeFeed {
  abstract open(listener: ChangeFeedListener): void;
  abstract close(): Promise<void>;
}

/**
 * `retryAfterSeconds`: not now, and not the job's fault; may be a fraction. `inTurn`: it only waits for its turn, so it
 * comes again after exactly that, however often. `gone`: nothing to do, since the row that it points to does not exist.
 */
export type JobOutcome = 'done' | 'gone' | { readonly retryAfterSeconds: number; readonly inTurn?: boolean };

/** Makes the cards of an escalation true, wherever people see it. Idempotent; loads the escalation itself. */
export abstract class CardPublisher {
  abstract publish(escalationId: string): Promise<JobOutcome>;
}

/** Tells everyone whom a used break-glass passed over. Idempotent; loads the escalation itself. */
export abstract class BreakGlassTeller {
  abstract tell(escalationId: string): Promise<JobOutcome>;
}

/** Tells the threads under an escalation's cards what happened since. Idempotent; loads the events itself. */
export abstract class ThreadPublisher {
  abstract publish(escalationId: string): Promise<JobOutcome>;
}

/** Finds cards that no job will look at any more and has them published. Idempotent. */
export abstract class CardUpkeep {
  abstract republishLost(): Promise<void>;
}
