import { InjectQueue } from '@nestjs/bullmq';
import { Injectable, Logger, type OnApplicationBootstrap } from '@nestjs/common';
import { Queue } from 'bullmq';
import { OutageLog } from './outage-log.js';
import { JobQueues, type NewJob } from '../ports.js';
import { JOBS, KEPT, QUEUE_NAMES, type JobRow, type QueueName } from '../queues.js';

/** The queues as BullMQ keeps them. Needs them ready at the start: a backend that never was does not recover. */
@Injectable()
export class BullQueues extends JobQueues implements OnApplicationBootstrap {
  private readonly queues: Readonly<Record<QueueName, Queue>>;
  private readonly outages: Readonly<Record<QueueName, OutageLog>>;

  constructor(
    @InjectQueue('cards' satisfies QueueName) cards: Queue,
    @InjectQueue('threads' satisfies QueueName) threads: Queue,
    @InjectQueue('deadlines' satisfies QueueName) deadlines: Queue,
    @InjectQueue('notices' satisfies QueueName) notices: Queue,
  ) {
    super();
    this.queues = { cards, threads, deadlines, notices };
    const logger = new Logger('Delivery');
    this.outages = {
      cards: new OutageLog('The queue of cards', logger),
      threads: new OutageLog('The queue of threads', logger),
      deadlines: new OutageLog('The queue of deadlines', logger),
      notices: new OutageLog('The queue of notices', logger),
    };
    // An `error` event without a listener would end the process.
    for (const name of QUEUE_NAMES) this.queues[name].on('error', (error) => this.outages[name].down(error));
  }

  async onApplicationBootstrap(): Promise<void> {
    await Promise.all(QUEUE_NAMES.map((name) => this.queues[name].waitUntilReady()));
  }

  override async add(queue: QueueName, jobs: readonly NewJob[]): Promise<void> {
    await this.queues[queue].addBulk(
      jobs.map(({ jobId, topic, payload, delayMs }) => ({
        name: topic,
        data: payload,
        opts: {
          jobId,
          delay: delayMs,
          priority: (JOBS[topic] as JobRow).priority ?? 0,
          attempts: JOBS[topic].attempts,
          backoff: { type: 'exponential', delay: JOBS[topic].backoffMs, jitter: 0.5 },
          removeOnComplete: KEPT.done,
          removeOnFail: KEPT.failed,
        },
      })),
    );
    this.outages[queue].up();
  }
}
