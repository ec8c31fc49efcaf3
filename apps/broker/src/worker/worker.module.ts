import { Logger, Module, type DynamicModule, type ModuleMetadata } from '@nestjs/common';
import { OutageLog } from '#delivery/outage-log.js';
import { JobQueues, OutboxStore, WakeSignal } from '#delivery/ports.js';
import { OutboxRelay } from '#delivery/relay.js';
import { CardsConsumer } from './cards.consumer.js';
import { DeadlineSweeperRunner } from './deadline-sweeper.runner.js';
import { DeadlinesConsumer } from './deadlines.consumer.js';
import { OutboxRelayRunner } from './outbox-relay.runner.js';

/** Everything a process with the role `worker` does by itself: relay, consumers, sweeper. */
@Module({})
export class WorkerModule {
  /**
   * @param imports `DeliveryModule.register(…)` and whatever exports `OutboxStore`, `WakeSignal` (the process's one
   *   `OutboxSignal`), `CloseOverdue`, `Reader` and `CardPublisher` (`NoCards` while Slack is off)
   */
  static register(imports: NonNullable<ModuleMetadata['imports']>): DynamicModule {
    return {
      module: WorkerModule,
      imports,
      providers: [
        {
          provide: OutboxRelay,
          inject: [OutboxStore, JobQueues, WakeSignal],
          useFactory: (store: OutboxStore, queues: JobQueues, signal: WakeSignal) =>
            new OutboxRelay(store, queues, signal, new OutageLog('The outbox relay', new Logger('OutboxRelay'))),
        },
        OutboxRelayRunner,
        DeadlinesConsumer,
        CardsConsumer,
        DeadlineSweeperRunner,
      ],
    };
  }
}
