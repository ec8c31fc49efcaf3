import { OnWorkerEvent, Processor, WorkerHost } from '@nestjs/bullmq';
import { Inject, Logger, Optional, type OnApplicationBootstrap } from '@nestjs/common';
import { DelayedError, UnrecoverableError, type Job } from 'bullmq';
import { JobWatch } from './job-watch.js';
import { OutageLog, errorWords } from './outage-log.js';
import type { JobOutcome, OutboxStore } from '../ports.js';
import {
  JOBS,
  LOOK_AGAIN,
  QUEUES,
  TAKE_OVER,
  type JobPayload,
  type JobRow,
  type QueueName,
  type Topic,
  type TopicOf,
} from '../queues.js';

/** One handler for each topic of the queue; a missing one does not compile. */
export type Handlers<Q extends QueueName> = {
  readonly [T in TopicOf<Q>]: (payload: JobPayload) => Promise<JobOutcome>;
};

/** Marks a `TypedConsumer` as the one consumer of this queue. */
export function Consumes(queue: QueueName): ClassDecorator {
  return Processor(queue, { ...QUEUES[queue], ...TAKE_OVER, ...LOOK_AGAIN });
}

const POSTPONE_MS = 500;
const POSTPONE_MAX_MS = 60_000;
/** When not even the dead letter can be written, the job comes back after this. */
const UNPARKED_MS = 5_000;

/**
 * Runs the jobs of one queue: a handler that throws is tried again with growing pauses; one that answers
 * `retryAfterSeconds` is put off, which is no failure until it has happened too often. What fails for the last time
 * becomes a dead letter first and a failed job then, so that none ends unseen.
 */
export abstract class TypedConsumer<Q extends QueueName> extends WorkerHost implements OnApplicationBootstrap {
  protected abstract readonly handlers: Handlers<Q>;
  @Optional()
  @Inject(JobWatch)
  private readonly watch: JobWatch | undefined;
  private readonly logger = new Logger(this.constructor.name);
  private readonly outage = new OutageLog(this.constructor.name, this.logger);

  constructor(private readonly letters: OutboxStore) {
    super();
  }

  async onApplicationBootstrap(): Promise<void> {
    await this.worker.waitUntilReady();
  }

  override async process(job: Job<JobPayload>, token?: string): Promise<void> {
    const outcome = await this.attempt(job, token);
    if (outcome === 'done' || outcome === 'gone') return this.markDone(job);
    if (outcome.inTurn === true) return putOff(job, token, outcome.retryAfterSeconds * 1_000);
    const { postponements, postponeMaxMs = POSTPONE_MAX_MS } = JOBS[job.name as Topic] as JobRow;
    const times = Math.max(0, job.attemptsStarted - 1 - job.attemptsMade);
    if (times >= postponements) {
      const tired = new UnrecoverableError(`put off ${times} times`);
      await this.parkOrReturn(job, token, tired);
      throw tired;
    }
    const growing = times === 0 ? 0 : Math.min(postponeMaxMs, POSTPONE_MS * 2 ** times);
    return putOff(job, token, Math.max(outcome.retryAfterSeconds * 1_000, growing));
  }

  private async attempt(job: Job<JobPayload>, token: string | undefined): Promise<JobOutcome> {
    try {
      const handlers: Partial<Record<string, (payload: JobPayload) => Promise<JobOutcome>>> = this.handlers;
      const handle = handlers[job.name];
      if (handle === undefined) throw new Error(`no handler for ${job.name}`);
      const { id, trace } = job.data;
      const work = (): Promise<JobOutcome> => handle({ id });
      return await (this.watch === undefined ? work() : this.watch.run(job.name, trace ?? null, work));
    } catch (error) {
      if (job.attemptsMade + 1 >= (job.opts.attempts ?? 1)) await this.parkOrReturn(job, token, error);
      throw error;
    }
  }

  /** Before the queue hears of it: whoever dies in between does the job twice. One that stays unmarked is handed over again. */
  private async markDone(job: Job<JobPayload>): Promise<void> {
    if ((JOBS[job.name as Topic] as JobRow).foundBy === 'outbox')
      await this.letters.done(job.id ?? '').catch(() => undefined);
  }

  private async parkOrReturn(job: Job<JobPayload>, token: string | undefined, error: unknown): Promise<void> {
    try {
      await this.park(job, error);
    } catch (failure) {
      this.outage.down(failure);
      await putOff(job, token, UNPARKED_MS);
    }
  }

  private park(job: Job<JobPayload>, error: unknown): Promise<void> {
    return this.letters.park({
      topic: job.name,
      jobId: job.id ?? '',
      payload: { id: job.data.id },
      error: errorWords(error),
    });
  }

  /** Also reached without `process`: by a job whose workers died under it time and again. */
  @OnWorkerEvent('failed')
  async onFailed(job: Job<JobPayload> | undefined, error: Error): Promise<void> {
    if (job === undefined || !job.finishedOn) return;
    this.logger.error(`${job.name} ${job.id} (${job.data.id}) is a dead letter: ${errorWords(error)}`);
    await this.park(job, error).catch((failure: unknown) => this.outage.down(failure));
  }

  @OnWorkerEvent('error')
  onError(error: unknown): void {
    this.outage.down(error);
  }

  @OnWorkerEvent('completed')
  onCompleted(): void {
    this.outage.up();
  }
}

async function putOff(job: Job<JobPayload>, token: string | undefined, ms: number): Promise<never> {
  await job.moveToDelayed(Date.now() + Math.ceil(ms), token);
  throw new DelayedError();
}
