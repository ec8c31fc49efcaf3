import { OnWorkerEvent, Processor, WorkerHost } from '@nestjs/bullmq';
import { Inject, Logger, Optional, type OnApplicationBootstrap } from '@nestjs/common';
import type { Job } from 'bullmq';
import { JobWatch } from './job-watch.js';
import { OutageLog } from './outage-log.js';
import { LOOK_AGAIN, TAKE_OVER } from '../queues.js';
import { UPKEEP_QUEUE, type ScheduleName } from '../schedules.js';

/** What is done for each schedule; a missing one does not compile. Must bear being done twice, and by two at once. */
export type ScheduledWork<S extends string = ScheduleName> = { readonly [name in S]: () => Promise<unknown> };

/** Marks a `ScheduledConsumer` as the one consumer of the schedules. */
export function ConsumesSchedules(): ClassDecorator {
  return Processor(UPKEEP_QUEUE, { concurrency: 2, ...TAKE_OVER, ...LOOK_AGAIN });
}

/**
 * Does what is scheduled. A failure is told in the log and in the metrics and is no dead letter: the next period tries
 * again, and a letter a period would only hide others.
 */
export abstract class ScheduledConsumer<S extends string = ScheduleName>
  extends WorkerHost
  implements OnApplicationBootstrap
{
  protected abstract readonly work: ScheduledWork<S>;
  @Optional()
  @Inject(JobWatch)
  private readonly watch: JobWatch | undefined;
  private readonly logger = new Logger(this.constructor.name);
  private readonly outages = new Map<string, OutageLog>();

  async onApplicationBootstrap(): Promise<void> {
    await this.worker.waitUntilReady();
  }

  override async process({ name }: Job): Promise<void> {
    const work = (this.work as Partial<Record<string, () => Promise<unknown>>>)[name];
    // A newer broker's: its own workers do it.
    if (work === undefined) return;
    const run = async (): Promise<'done'> => {
      await work();
      return 'done';
    };
    try {
      await (this.watch === undefined ? run() : this.watch.run(name, null, run));
      this.outageOf(name).up();
    } catch (error) {
      this.outageOf(name).down(error);
    }
  }

  @OnWorkerEvent('error')
  onError(error: unknown): void {
    this.outageOf('The consumer of schedules').down(error);
  }

  @OnWorkerEvent('completed')
  onCompleted(): void {
    this.outageOf('The consumer of schedules').up();
  }

  private outageOf(subject: string): OutageLog {
    const known = this.outages.get(subject) ?? new OutageLog(subject, this.logger);
    this.outages.set(subject, known);
    return known;
  }
}
