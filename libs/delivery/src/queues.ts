import type { OutboxEntry } from '#escalations/rows/outbox.js';

export type Topic = OutboxEntry['topic'];
export type QueueName = 'cards' | 'threads' | 'deadlines' | 'notices';

/** Every payload is a pointer: the consumer loads what it points to afresh, so an old or doubled job cannot act on old facts. */
export interface JobPayload {
  readonly id: string;
  /** As in the outbox row. */
  readonly trace?: string;
}

export interface JobRow {
  readonly queue: QueueName;
  /** What the payload's id names. */
  readonly subject: 'escalation' | 'grant' | 'configuration';
  /**
   * Who has the work done when the queue loses the job: a `sweeper` that finds it by the state of rows, or the `outbox`,
   * whose row then counts as open until the job is done and is handed over again meanwhile.
   */
  readonly foundBy: 'sweeper' | 'outbox';
  /** Tries before the job becomes a dead letter; the pause before the n-th retry is `backoffMs` × 2^(n-1), less jitter. */
  readonly attempts: number;
  readonly backoffMs: number;
  /** How often a consumer may say «later» before that, too, counts as failure. */
  readonly postponements: number;
  /** The longest pause to which «later» grows; a minute when not given. */
  readonly postponeMaxMs?: number;
  /** Goes after all jobs of its queue without one; the larger, the later. */
  readonly priority?: number;
}

/** However long Slack is away, what it is to be told follows afterwards, and soon. */
const SHOWN_IN_SLACK = {
  subject: 'escalation',
  foundBy: 'outbox',
  attempts: 8,
  backoffMs: 1_000,
  postponements: Infinity,
  postponeMaxMs: 15_000,
} as const;

/** Work that is due at its moment. The sweeper comes by anyway, so it is not tried for long. */
const ON_TIME = { queue: 'deadlines', foundBy: 'sweeper', attempts: 5, backoffMs: 500, postponements: 10 } as const;

/** One row a job: the topic in the outbox, which is the job's name in the queue. */
export const JOBS = {
  'card.publish': { queue: 'cards', ...SHOWN_IN_SLACK },
  'card.thread': { queue: 'threads', ...SHOWN_IN_SLACK },
  'deadline.escalation': { subject: 'escalation', ...ON_TIME },
  // Tokens may end by the thousand; a reminder is not to wait for that.
  'deadline.grant': { subject: 'grant', ...ON_TIME, priority: 1 },
  'reminder.escalation': { subject: 'escalation', ...ON_TIME },
  'policy.reevaluate': {
    queue: 'deadlines',
    subject: 'configuration',
    foundBy: 'outbox',
    attempts: 8,
    backoffMs: 1_000,
    postponements: 10,
  },
  'break_glass.notice': { queue: 'cards', ...SHOWN_IN_SLACK },
  'notice.send': {
    queue: 'notices',
    subject: 'escalation',
    foundBy: 'outbox',
    attempts: 8,
    backoffMs: 2_000,
    postponements: 60,
  },
} as const satisfies Record<Topic, JobRow>;

export type TopicOf<Q extends QueueName> = { [T in Topic]: (typeof JOBS)[T]['queue'] extends Q ? T : never }[Topic];

export const TOPICS = Object.keys(JOBS) as readonly Topic[];

/** The topics whose rows stay open until their job is done. */
export const AWAITED: readonly Topic[] = TOPICS.filter((topic) => JOBS[topic].foundBy === 'outbox');

/**
 * When a worker died under a job: others take it over once its lock has run out and a check has seen that, so within
 * 20 s. A job that so ended `maxStalledCount` workers becomes a dead letter at the next one.
 */
export const TAKE_OVER = { lockDuration: 10_000, stalledInterval: 5_000, maxStalledCount: 3 } as const;

/** A consumer that lost its queue looks for it again after this; left to itself BullMQ waits 15 s. */
export const LOOK_AGAIN = { runRetryDelay: 1_000 } as const;

export interface QueuePace {
  readonly concurrency: number;
  /** How many jobs (`max`) all processes together begin in so many milliseconds. */
  readonly limiter?: { readonly max: number; readonly duration: number };
}

/** Jobs that one process works on at once, for each queue. */
export const QUEUES = {
  cards: { concurrency: 10 },
  // Of its own: talk under old cards must not keep a new card waiting.
  threads: { concurrency: 2 },
  // More a second than that are the sweeper's, which ends them together at a fraction of the cost.
  deadlines: { concurrency: 10, limiter: { max: 50, duration: 1_000 } },
  notices: { concurrency: 5 },
} as const satisfies Record<QueueName, QueuePace>;

export const QUEUE_NAMES = Object.keys(QUEUES) as readonly QueueName[];

/** Queues that a worker consumes: these, and the one of the schedules. */
export const CONSUMED_QUEUES = QUEUE_NAMES.length + 1;

/**
 * How long the queue remembers jobs. While a finished job is remembered, handing over its outbox row again adds
 * nothing; after that the consumer finds nothing to do. Failed ones are kept for whoever looks into a dead letter.
 */
export const KEPT = {
  // With jobs in PostgreSQL each job that is done pays for how many are kept.
  done: { age: 3_600, count: 1_000 },
  failed: { age: 7 * 86_400, count: 10_000 },
} as const;

/** The job id of an outbox row, which no other row ever has. BullMQ forbids «:» in it and bare integers. */
export function jobIdOf(seq: string, stamp?: string): string {
  return stamp === undefined ? `outbox-${seq}` : `outbox-${seq}-${stamp}`;
}

/** The outbox row of a job; `null` for a job that came another way. */
export function rowOf(jobId: string): { readonly seq: string; readonly stamp: string | null } | null {
  const [, seq, stamp = null] = /^outbox-(\d{1,18})(?:-([0-9a-f]{1,16}))?$/.exec(jobId) ?? [];
  return seq === undefined ? null : { seq, stamp };
}
