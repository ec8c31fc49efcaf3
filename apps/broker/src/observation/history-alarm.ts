import { Inject, Injectable } from '@nestjs/common';
import { HISTORY_FAULTS, HistoryAlarm, type FaultyEvent } from '#escalations/watch/watch-history.js';
import { JsonLog } from '#platform/observe/log.js';
import { Metrics } from '#platform/observe/metrics.js';

/** Tells faults of the history in the log, a line each, and counts them. */
@Injectable()
export class ToldHistoryAlarm extends HistoryAlarm {
  constructor(
    @Inject(JsonLog) private readonly log: Pick<JsonLog, 'line'>,
    @Inject(Metrics) private readonly metrics: Pick<Metrics, 'historyFaults'>,
  ) {
    super();
    // The first fault is then a step from 0, which an alert over a rate sees.
    for (const fault of HISTORY_FAULTS) metrics.historyFaults.inc({ fault }, 0);
  }

  override raise(faulty: readonly FaultyEvent[]): void {
    for (const { eventId, fault } of faulty) {
      this.metrics.historyFaults.inc({ fault });
      this.log.line('error', 'an event is not what was sealed: somebody wrote into the tables', { eventId, fault });
    }
  }
}
