import { Module, type DynamicModule, type ModuleMetadata, type Provider } from '@nestjs/common';
import { OutageLog } from '#delivery/bull/outage-log.js';
import { OutboxRelay } from '#delivery/outbox/relay.js';
import { RelayOutage } from '../serve/readiness.js';
import { CardsConsumer } from './cards.consumer.js';
import { DeadlineSweeperRunner } from './deadline-sweeper.runner.js';
import { DeadlinesConsumer } from './deadlines.consumer.js';
import { NoticesConsumer } from './notices.consumer.js';
import { OutboxRelayRunner } from './outbox-relay.runner.js';
import { ScheduleKeeperRunner } from './schedule-keeper.runner.js';
import { ThreadsConsumer } from './threads.consumer.js';
import { UpkeepConsumer } from './upkeep.consumer.js';

/** Everything a process with the role `worker` does by itself: relay, consumers, sweeper, schedules. */
@Module({})
export class WorkerModule {
  /**
   * @param imports `DeliveryModule.register(…)` and whatever exports `OutboxStore`, `WakeSignal` (the process's one
   *   `OutboxSignal`), `RelayOutage`, `CloseOverdue`, `Store`, `CardPublisher`, `ThreadPublisher` and `CardUpkeep` (which do nothing while Slack is off)
   * @param notices what provides `DeliverNotices`
   */
  static register(imports: NonNullable<ModuleMetadata['imports']>, notices: readonly Provider[]): DynamicModule {
    return {
      module: WorkerModule,
      imports,
      providers: [
        { provide: OutageLog, useExisting: RelayOutage },
        OutboxRelay,
        OutboxRelayRunner,
        DeadlinesConsumer,
        CardsConsumer,
        ThreadsConsumer,
        NoticesConsumer,
        UpkeepConsumer,
        ...notices,
        DeadlineSweeperRunner,
        ScheduleKeeperRunner,
      ],
    };
  }
}
