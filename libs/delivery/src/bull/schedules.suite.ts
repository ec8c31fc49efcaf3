import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { getQueueToken } from '@nestjs/bullmq';
import { Module, type INestApplicationContext } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import type { Job, Queue } from 'bullmq';
import type { QueueConnection } from './connection.js';
import { DeliveryModule } from './delivery.module.js';
import { ScheduleKeeper } from './schedule-keeper.js';
import { ConsumesSchedules, ScheduledConsumer, type ScheduledWork } from './scheduled-consumer.js';
import { UPKEEP_QUEUE, type Schedule } from '../schedules.js';
import { untilTrue } from '../testing/until-true.js';

type Name = 'test.tick' | 'test.tock';

/** Ids of the jobs that workers took, in order. */
const taken: string[] = [];
let fails = false;

@ConsumesSchedules()
class Ticking extends ScheduledConsumer<Name> {
  protected override readonly work: ScheduledWork<Name> = {
    'test.tick': () => (fails ? Promise.reject(new Error('not this time')) : Promise.resolve()),
    'test.tock': () => Promise.resolve(),
  };
  override async process(job: Job): Promise<void> {
    taken.push(String(job.id));
    await super.process(job);
  }
}

@Module({ providers: [Ticking] })
class WorkerOfTest {}

const EVERY_SECONDS = 0.2;
const SLOWER_SECONDS = 0.4;
const TICK: Record<string, Schedule> = { 'test.tick': { everySeconds: EVERY_SECONDS, what: 'ticks' } };
const TOCK: Record<string, Schedule> = { 'test.tock': { everySeconds: EVERY_SECONDS, what: 'tocks' } };

const runs = (name: Name): string[] => taken.filter((id) => id.includes(name));

/**
 * What schedules must do in every place for jobs. `open` is called once, before the Nest applications exist; `wipe`
 * takes everything that the queues hold.
 */
export function describeSchedules(
  place: string,
  { open, wipe }: { open: () => Promise<QueueConnection>; wipe: () => Promise<void> },
): void {
  describe(`schedules on ${place}, kept and done by two workers`, () => {
    let connection: QueueConnection;
    let workers: INestApplicationContext[] = [];

    beforeAll(async () => {
      connection = await open();
      const start = (): Promise<INestApplicationContext> =>
        NestFactory.createApplicationContext(
          { module: WorkerOfTest, imports: [DeliveryModule.register(connection)] },
          { logger: false, abortOnError: false },
        );
      workers = [await start(), await start()];
    }, 60_000);

    afterAll(async () => {
      for (const worker of workers) await worker.close();
      await connection?.close();
    });

    beforeEach(() => {
      fails = false;
      taken.length = 0;
    });

    /** What both workers do every few seconds, here at the same moment. */
    const keep = (table: Record<string, Schedule>): Promise<string[][]> =>
      Promise.all(workers.map((worker) => worker.get(ScheduleKeeper).keep(table)));
    const queue = (): Queue => workers[0]!.get<Queue>(getQueueToken(UPKEEP_QUEUE));

    it('are done once a period, however many keep and do them', async () => {
      await keep(TICK);
      await keep(TICK);
      const from = performance.now();
      await untilTrue(() => runs('test.tick').length >= 5);
      const periods = (performance.now() - from) / 1_000 / EVERY_SECONDS;
      expect(new Set(taken).size).toBe(taken.length);
      expect(taken.length).toBeLessThanOrEqual(Math.floor(periods) + 2);
      expect(await queue().getJobSchedulersCount()).toBe(1);
      expect((await keep(TICK)).flat()).toEqual([]);
    });

    it('come back after the queue was wiped', async () => {
      await keep(TICK);
      await wipe();
      expect((await keep(TICK)).flat()).toContain('test.tick');
      taken.length = 0;
      await untilTrue(() => runs('test.tick').length >= 2);
      expect(new Set(taken).size).toBe(taken.length);
    });

    it('go on after a period that failed', async () => {
      fails = true;
      await keep(TICK);
      await untilTrue(() => runs('test.tick').length >= 2);
      expect(await queue().getFailedCount()).toBe(0);
    });

    it('take a new period instead of the old one, not beside it', async () => {
      await keep(TICK);
      await keep({ 'test.tick': { everySeconds: SLOWER_SECONDS, what: 'ticks slower' } });
      expect(await queue().getJobSchedulers()).toMatchObject([{ key: 'test.tick', every: SLOWER_SECONDS * 1_000 }]);
      // What was due before may still be under way.
      await untilTrue(() => runs('test.tick').length >= 1);
      const before = taken.length;
      const from = performance.now();
      await untilTrue(() => taken.length >= before + 3);
      expect(performance.now() - from).toBeGreaterThan(1.75 * SLOWER_SECONDS * 1_000);
      expect(await queue().getJobSchedulersCount()).toBe(1);
    });

    it('are gone when they left the table', async () => {
      await keep({ ...TICK, ...TOCK });
      await untilTrue(() => runs('test.tick').length >= 1 && runs('test.tock').length >= 1);
      expect((await keep(TOCK)).flat()).toContain('test.tick');
      expect(await queue().getJobSchedulers()).toMatchObject([{ key: 'test.tock' }]);
      await untilTrue(() => runs('test.tock').length >= 2);
      const before = runs('test.tick').length;
      taken.splice(0, taken.length, ...runs('test.tick'));
      await untilTrue(() => runs('test.tock').length >= 3);
      expect(runs('test.tick').length).toBe(before);
    });

    it('do not wait for a run that a wrong clock has set', async () => {
      const startDate = Date.now() + 3_600_000;
      await queue().removeJobScheduler('test.tick');
      await queue().upsertJobScheduler('test.tick', { every: EVERY_SECONDS * 1_000, startDate }, { name: 'test.tick' });
      await keep(TICK);
      await untilTrue(() => runs('test.tick').length >= 2);
    });
  });
}
