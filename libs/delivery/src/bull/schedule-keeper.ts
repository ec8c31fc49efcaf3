import { InjectQueue } from '@nestjs/bullmq';
import { Injectable, Logger, type OnApplicationBootstrap } from '@nestjs/common';
import { Queue, type JobSchedulerJson } from 'bullmq';
import { OutageLog } from './outage-log.js';
import { SCHEDULES, UPKEEP_QUEUE, type Schedule } from '../schedules.js';

/** A next run further from now than this many periods was set by a wrong clock, or its job is lost. */
const PERIODS_OFF_MAX = 2;

/**
 * Makes the schedules of the queue those of the table. Called again and again by every worker, since a queue that was
 * wiped has none; changes nothing while they are right, so any number of callers do no harm.
 */
@Injectable()
export class ScheduleKeeper implements OnApplicationBootstrap {
  private readonly outage = new OutageLog('The queue of schedules', new Logger('Delivery'));

  constructor(@InjectQueue(UPKEEP_QUEUE) private readonly queue: Queue) {
    // An `error` event without a listener would end the process.
    queue.on('error', (error) => this.outage.down(error));
  }

  async onApplicationBootstrap(): Promise<void> {
    await this.queue.waitUntilReady();
  }

  /** Answers the names it had to set or remove. Rejects while the queue is away. */
  async keep(table: Readonly<Record<string, Schedule>> = SCHEDULES): Promise<string[]> {
    const known = new Map((await this.queue.getJobSchedulers()).map((found) => [found.key, found]));
    const changed = [...known.keys()].filter((name) => !(name in table));
    for (const name of changed) await this.queue.removeJobScheduler(name);
    for (const [name, { everySeconds }] of Object.entries(table)) {
      const every = everySeconds * 1_000;
      const found = known.get(name);
      if (found !== undefined && isRight(found, every)) continue;
      if (found?.every === every) await this.queue.removeJobScheduler(name);
      // On a grid, callers that set it at once set the same run; and a run is over within its period.
      const grid = { every, offset: every / 2 };
      await this.queue.upsertJobScheduler(name, grid, {
        name,
        data: {},
        opts: { removeOnComplete: true, removeOnFail: true },
      });
      changed.push(name);
    }
    this.outage.up();
    return changed;
  }
}

function isRight({ every, next }: JobSchedulerJson, wanted: number): boolean {
  return every === wanted && next !== undefined && Math.abs(next - Date.now()) <= PERIODS_OFF_MAX * wanted;
}
