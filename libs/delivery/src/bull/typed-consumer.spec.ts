import { beforeEach, describe, expect, it } from '@jest/globals';
import { Logger } from '@nestjs/common';
import { DelayedError, UnrecoverableError, type Job } from 'bullmq';
import type { JobOutcome } from '../ports.js';
import { MemoryOutbox } from '../testing/memory-outbox.js';
import { TypedConsumer, type Handlers } from './typed-consumer.js';

class Cards extends TypedConsumer<'cards'> {
  handle: () => Promise<JobOutcome> = () => Promise.resolve('done');
  protected override readonly handlers: Handlers<'cards'> = {
    'card.publish': () => this.handle(),
    'break_glass.notice': () => this.handle(),
  };
}

class Deadlines extends TypedConsumer<'deadlines'> {
  private readonly later = (): Promise<JobOutcome> => Promise.resolve({ retryAfterSeconds: 1 });
  protected override readonly handlers: Handlers<'deadlines'> = {
    'deadline.escalation': this.later,
    'deadline.grant': this.later,
    'reminder.escalation': this.later,
    'policy.reevaluate': this.later,
  };
}

interface FakeJob {
  readonly delays: number[];
  readonly job: Job<{ id: string }>;
}

/** The members that a consumer reads of a job started for the n-th time. */
function jobAt(over: { started?: number; failed?: number; name?: string; finishedOn?: number } = {}): FakeJob {
  const delays: number[] = [];
  const job = {
    id: 'outbox-7',
    name: over.name ?? 'card.publish',
    data: { id: 'esc_1' },
    opts: { attempts: 3 },
    attemptsStarted: over.started ?? 1,
    attemptsMade: over.failed ?? 0,
    finishedOn: over.finishedOn,
    moveToDelayed: async (at: number) => void delays.push(at - Date.now()),
  };
  return { delays, job: job as unknown as Job<{ id: string }> };
}

describe('a consumer of jobs', () => {
  let letters: MemoryOutbox;
  let consumer: Cards;

  beforeEach(() => {
    Logger.overrideLogger(false);
    letters = new MemoryOutbox();
    consumer = new Cards(letters);
  });

  it('marks the row of a job that is done, and of no other', async () => {
    await consumer.process(jobAt().job);
    consumer.handle = () => Promise.resolve({ retryAfterSeconds: 1 });
    await expect(consumer.process(jobAt().job)).rejects.toThrow(DelayedError);
    consumer.handle = () => Promise.reject(new Error('no'));
    await expect(consumer.process(jobAt().job)).rejects.toThrow('no');
    expect(letters.finished).toEqual(['outbox-7']);
  });

  it('is content when a row cannot be marked: its job is handed over again', async () => {
    letters.down = new Error('the database is away');
    await expect(consumer.process(jobAt().job)).resolves.toBeUndefined();
  });

  it('lets a failure that is not the last one be tried again', async () => {
    consumer.handle = () => Promise.reject(new Error('no'));
    await expect(consumer.process(jobAt({ started: 2, failed: 1 }).job)).rejects.toThrow('no');
    expect(letters.letters).toEqual([]);
  });

  it('writes the dead letter before the job fails for the last time', async () => {
    consumer.handle = () => Promise.reject(new Error('no'));
    await expect(consumer.process(jobAt({ started: 3, failed: 2 }).job)).rejects.toThrow('no');
    expect(letters.letters).toEqual([
      { topic: 'card.publish', jobId: 'outbox-7', payload: { id: 'esc_1' }, error: 'no' },
    ]);
  });

  it('has the job come back when not even the dead letter can be written', async () => {
    consumer.handle = () => Promise.reject(new Error('no'));
    letters.down = new Error('the database is away');
    const { job, delays } = jobAt({ started: 3, failed: 2 });
    await expect(consumer.process(job)).rejects.toThrow(DelayedError);
    expect(delays[0]).toBeGreaterThan(4_000);
  });

  it('puts off for as long as asked at first, and longer each time', async () => {
    consumer.handle = () => Promise.resolve({ retryAfterSeconds: 0.5 });
    const delays: number[] = [];
    for (const started of [1, 2, 5, 20]) {
      const fake = jobAt({ started });
      await expect(consumer.process(fake.job)).rejects.toThrow(DelayedError);
      delays.push(Math.round(fake.delays[0]! / 500) * 500);
    }
    expect(delays).toEqual([500, 1_000, 8_000, 15_000]);
  });

  it('lets a job that waits its turn come again just then, however often it did', async () => {
    consumer.handle = () => Promise.resolve({ retryAfterSeconds: 2, inTurn: true });
    const { job, delays } = jobAt({ started: 5_000 });
    await expect(consumer.process(job)).rejects.toThrow(DelayedError);
    expect(Math.round(delays[0]! / 100)).toBe(20);
  });

  it('never gives a card up because Slack is away', async () => {
    consumer.handle = () => Promise.resolve({ retryAfterSeconds: 1 });
    await expect(consumer.process(jobAt({ started: 5_000 }).job)).rejects.toThrow(DelayedError);
    expect(letters.letters).toEqual([]);
  });

  it('waits at least as long as asked', async () => {
    consumer.handle = () => Promise.resolve({ retryAfterSeconds: 90 });
    const { job, delays } = jobAt({ started: 20 });
    await expect(consumer.process(job)).rejects.toThrow(DelayedError);
    expect(delays[0]).toBeGreaterThan(89_000);
  });

  it('counts putting off as failure in the end, where the work is not Slack’s to delay', async () => {
    const late = jobAt({ started: 11, name: 'deadline.grant' });
    await expect(new Deadlines(letters).process(late.job)).rejects.toThrow(UnrecoverableError);
    expect(letters.letters).toMatchObject([{ jobId: 'outbox-7', error: 'put off 10 times' }]);
  });

  it('fails on a topic that it does not know', async () => {
    await expect(consumer.process(jobAt({ name: 'card.burn' }).job)).rejects.toThrow('no handler for card.burn');
  });

  it('keeps a dead letter of a job whose workers died under it', async () => {
    await consumer.onFailed(jobAt({ finishedOn: 1 }).job, new Error('job stalled more than allowable limit'));
    expect(letters.letters).toMatchObject([{ jobId: 'outbox-7', error: 'job stalled more than allowable limit' }]);
  });

  it('keeps none of a job that will be tried again', async () => {
    await consumer.onFailed(jobAt().job, new Error('no'));
    expect(letters.letters).toEqual([]);
  });
});
