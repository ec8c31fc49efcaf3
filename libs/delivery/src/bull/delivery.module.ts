import { BullModule } from '@nestjs/bullmq';
import { Module, type DynamicModule } from '@nestjs/common';
import { BullQueues } from './bull-queues.js';
import type { QueueConnection } from './connection.js';
import { JobQueues } from '../ports.js';
import { QUEUE_NAMES } from '../queues.js';
import { ScheduleKeeper } from './schedule-keeper.js';
import { UPKEEP_QUEUE } from '../schedules.js';

/** The queues of one process. The consumers are providers of the application; Nest finds them by `@Consumes`. */
@Module({})
export class DeliveryModule {
  /** @param connection from `openQueueConnection`, which must have run before the Nest application is created */
  static register(connection: QueueConnection): DynamicModule {
    return {
      module: DeliveryModule,
      imports: [
        BullModule.forRoot({ ...connection.options }),
        BullModule.registerQueue(...[...QUEUE_NAMES, UPKEEP_QUEUE].map((name) => ({ name }))),
      ],
      providers: [{ provide: JobQueues, useClass: BullQueues }, ScheduleKeeper],
      exports: [JobQueues, ScheduleKeeper],
    };
  }
}
