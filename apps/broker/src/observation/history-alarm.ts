import { HISTORY_FAULTS, HistoryAlarm, type FaultyEvent } from '#escalations/watch/watch-history.js';
import type { JsonLog } from '#platform/observe/log.js';
import type { Metrics } from '#platform/observe/metrics.js';

/** Tells faults of the history in the log, a line each, and counts them. */
export class ToldHistoryAlarm extends HistoryAlarm {
  constructor(
    private readonly log: Pick<JsonLog, 'line'>,
    private readonly metrics: Pick<Metrics, 'historyFaults'>,
  ) {
    super();
    // The first fault is then a step from 0, which an alert over a rate sees.
    for (const fault of HISTORY_FAULTS) metrics.historyFaults.inc({ fault }, 0);
  }

  override raise(faulty: readonly FaultyEvent[]): void {
    for (const { eventId, fault } of faulty) {
      this.metrics.historyFaults.inc({ fault });
      this.log.line('error', 'an event and its audit entry differ: somebody wrote into the tables', { eventId, fault });
    }
  }
}
