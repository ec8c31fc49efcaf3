import { CardUpkeep } from '#delivery/ports.js';
import { ConsumesSchedules, ScheduledConsumer, type ScheduledWork } from '#delivery/bull/scheduled-consumer.js';
import { KeepCounters } from '#escalations/ask/keep-counters.js';
import { CloseOverdue } from '#escalations/end/close-overdue.js';
import { RotateDueKeys } from '#escalations/keys/rotate-due-keys.js';
import { WatchHistory } from '#escalations/watch/watch-history.js';

/** Does the periodic work of `SCHEDULES`, each once a period in one of the workers. */
@ConsumesSchedules()
export class UpkeepConsumer extends ScheduledConsumer {
  protected override readonly work: ScheduledWork = {
    'upkeep.cards': () => this.cards.republishLost(),
    'upkeep.keys': () => this.keys.execute(),
    'upkeep.history': () => this.history.execute(),
    'upkeep.counters': () => this.counters.execute(),
    'upkeep.retention': () => this.closeOverdue.forgetSpent(),
  };

  constructor(
    private readonly cards: CardUpkeep,
    private readonly keys: RotateDueKeys,
    private readonly closeOverdue: CloseOverdue,
    private readonly history: WatchHistory,
    private readonly counters: KeepCounters,
  ) {
    super();
  }
}
