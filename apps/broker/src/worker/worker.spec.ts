import { beforeEach, describe, expect, it } from '@jest/globals';
import { Logger } from '@nestjs/common';
import type { JobOutcome, OutboxStore } from '#delivery/ports.js';
import { CloseOverdue, SWEPT_AT_ONCE } from '#escalations/end/close-overdue.js';
import type { Store } from '#escalations/ports.js';
import type { ReevaluateGrants } from '#escalations/configure/reevaluate-grants.js';
import type { NextReminder, RemindEscalation } from '#escalations/decide/remind-escalation.js';
import type { RotateDueKeys } from '#escalations/keys/rotate-due-keys.js';
import type { WatchHistory } from '#escalations/watch/watch-history.js';
import type { Metrics } from '#platform/observe/metrics.js';
import { DeadlineSweeperRunner } from './deadline-sweeper.runner.js';
import { DeadlinesConsumer } from './deadlines.consumer.js';
import type { KeepCounters } from '#escalations/ask/keep-counters.js';
import { UpkeepConsumer } from './upkeep.consumer.js';

const NOW = 1_800_000_000_000;

class OpenDeadlines extends DeadlinesConsumer {
  run(topic: 'deadline.escalation' | 'deadline.grant' | 'reminder.escalation', id = 'x'): Promise<JobOutcome> {
    return this.handlers[topic]({ id });
  }
}

/** A consumer over one row that `CloseOverdue` does, or does not, end. */
function consumerOf(rows: { escalation?: object; grant?: object; ends?: boolean; next?: NextReminder }): OpenDeadlines {
  const ends = (): Promise<boolean> => Promise.resolve(rows.ends === true);
  const closeOverdue = { escalation: ends, grant: ends } as unknown as CloseOverdue;
  const found = (row: object | undefined, name: string): Promise<object | null> =>
    Promise.resolve(row === undefined ? null : { [name]: row, now: NOW });
  const store = {
    read: {
      escalations: { byId: () => found(rows.escalation, 'escalation') },
      grants: { byId: () => found(rows.grant, 'grant') },
    },
  } as unknown as Store;
  const reminders = { execute: () => Promise.resolve(rows.next ?? null) } as unknown as RemindEscalation;
  return new OpenDeadlines(closeOverdue, store, reminders, {} as ReevaluateGrants, {} as OutboxStore);
}

describe('the consumer of deadlines', () => {
  it('is done when it wrote the end and when another did, and says so when there is no row', async () => {
    expect(await consumerOf({ ends: true }).run('deadline.escalation')).toBe('done');
    expect(await consumerOf({ escalation: { status: 'approved' } }).run('deadline.escalation')).toBe('done');
    expect(await consumerOf({}).run('deadline.escalation')).toBe('gone');
    expect(await consumerOf({ ends: true }).run('deadline.grant')).toBe('done');
    expect(await consumerOf({ grant: { status: 'expired' } }).run('deadline.grant')).toBe('done');
    expect(await consumerOf({}).run('deadline.grant')).toBe('gone');
  });

  it('comes again at the deadline when it was too early by the clock of the database', async () => {
    const early = { status: 'pending', deadline: NOW + 1_500 };
    expect(await consumerOf({ escalation: early }).run('deadline.escalation')).toEqual({ retryAfterSeconds: 1.52 });
    const ready = { status: 'ready', readyUntil: NOW + 100, expiresAt: null };
    expect(await consumerOf({ grant: ready }).run('deadline.grant')).toEqual({ retryAfterSeconds: 0.12 });
    const active = { status: 'active', readyUntil: NOW - 100, expiresAt: NOW + 200 };
    expect(await consumerOf({ grant: active }).run('deadline.grant')).toEqual({ retryAfterSeconds: 0.22 });
  });

  it('leaves a grant that was collected in time to the reminder of its new deadline', async () => {
    const active = { status: 'active', readyUntil: NOW, expiresAt: NOW + 3_600_000 };
    expect(await consumerOf({ grant: active }).run('deadline.grant')).toBe('done');
  });
});

describe('the consumer of reminders', () => {
  it('comes again when it was too early, and leaves a reminder far ahead to its own job', async () => {
    const soon = { at: NOW + 300, now: NOW };
    expect(await consumerOf({ next: soon }).run('reminder.escalation')).toEqual({ retryAfterSeconds: 0.32 });
    expect(await consumerOf({ next: { at: NOW + 270_000, now: NOW } }).run('reminder.escalation')).toBe('done');
    expect(await consumerOf({}).run('reminder.escalation')).toBe('done');
  });
});

const drifted: unknown[][] = [];
const metrics = { drift: { inc: (...what: unknown[]) => void drifted.push(what) } } as unknown as Metrics;

/** Reminders of which each pass loses these. */
function lost(failures: unknown[] = []): RemindEscalation {
  return { sweep: () => Promise.resolve(failures) } as unknown as RemindEscalation;
}

describe('the sweeper of deadlines', () => {
  let passes: { ended: number; late: number; failures: unknown[] }[];
  let asked: number[];
  let sweeper: DeadlineSweeperRunner;

  beforeEach(() => {
    Logger.overrideLogger(false);
    [passes, asked] = [[], []];
    sweeper = new DeadlineSweeperRunner(
      {
        sweep: (limit: number) => {
          asked.push(limit);
          return Promise.resolve(passes.shift() ?? { ended: 0, late: 0, failures: [] });
        },
      } as unknown as CloseOverdue,
      lost(),
      metrics,
    );
  });

  it('sweeps until nothing is over', async () => {
    passes = [
      { ended: 500, late: 0, failures: [] },
      { ended: 3, late: 0, failures: [] },
    ];
    await sweeper.pass();
    expect(asked).toEqual([SWEPT_AT_ONCE, SWEPT_AT_ONCE, SWEPT_AT_ONCE]);
  });

  it('counts rows that were over for long', async () => {
    passes = [{ ended: 500, late: 7, failures: [] }];
    drifted.length = 0;
    await sweeper.pass();
    expect(drifted).toEqual([[{ kind: 'row_overdue' }, 7]]);
  });

  it('survives rows that cannot be ended and a database that is away', async () => {
    passes = [{ ended: 0, late: 0, failures: [new Error('poison')] }];
    await sweeper.pass();
    const away = new DeadlineSweeperRunner(
      {
        sweep: () => Promise.reject(new Error('Connection terminated')),
      } as unknown as CloseOverdue,
      lost([new Error('poison')]),
      metrics,
    );
    await expect(away.pass()).resolves.toBeUndefined();
  });

  it('stops after the pass under way', async () => {
    sweeper.onApplicationBootstrap();
    await sweeper.beforeApplicationShutdown();
    const before = asked.length;
    await sweeper.beforeApplicationShutdown();
    expect(asked.length).toBe(before);
  });
});

describe('the consumer of schedules', () => {
  it('does each its work, takes a failure for a period lost, and leaves what a newer broker has scheduled', async () => {
    Logger.overrideLogger(false);
    const done: string[] = [];
    const upkeep = new UpkeepConsumer(
      { republishLost: async () => void done.push('cards') },
      { execute: () => Promise.reject(new Error('Connection terminated')) } as unknown as RotateDueKeys,
      { forgetSpent: async () => void done.push('retention') } as unknown as CloseOverdue,
      { execute: async () => void done.push('history') } as unknown as WatchHistory,
      { execute: async () => void done.push('counters') } as unknown as KeepCounters,
    );
    for (const name of [
      'upkeep.cards',
      'upkeep.keys',
      'upkeep.history',
      'upkeep.counters',
      'upkeep.retention',
      'upkeep.of-tomorrow',
    ])
      await upkeep.process({ name } as Parameters<UpkeepConsumer['process']>[0]);
    expect(done).toEqual(['cards', 'history', 'counters', 'retention']);
  });
});

describe('a sweep', () => {
  it('does not let a row that cannot be ended hold up the others', async () => {
    const poisoned = { run: () => Promise.reject(new Error('the whole batch is poisoned')) };
    const closeOverdue = new CloseOverdue(poisoned as never, {
      overdue: () => Promise.resolve({ escalations: ['esc_poison', 'esc_2'], grants: ['gra_1'] }),
      forgetSpent: () => Promise.resolve(),
    });
    closeOverdue.escalation = (id) =>
      id === 'esc_poison' ? Promise.reject(new Error('poison')) : Promise.resolve(true);
    closeOverdue.grant = () => Promise.resolve(true);
    expect(await closeOverdue.sweep(500)).toEqual({ ended: 2, late: 0, failures: [new Error('poison')] });
  });
});
