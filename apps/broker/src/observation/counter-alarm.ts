import { Inject, Injectable } from '@nestjs/common';
import { CounterAlarm, type MendedCounters } from '#escalations/ask/keep-counters.js';
import { JsonLog } from '#platform/observe/log.js';
import { Metrics } from '#platform/observe/metrics.js';

/** Tells of counters that were wrong in the log, a line for each agent, and counts them. */
@Injectable()
export class ToldCounterAlarm extends CounterAlarm {
  constructor(
    @Inject(JsonLog) private readonly log: Pick<JsonLog, 'line'>,
    @Inject(Metrics) private readonly metrics: Pick<Metrics, 'drift'>,
  ) {
    super();
    // The first is then a step from 0, which an alert over a rate sees.
    metrics.drift.inc({ kind: 'counter_wrong' }, 0);
  }

  override raise(mended: readonly MendedCounters[]): void {
    for (const { agentUid, open, instants } of mended) {
      this.metrics.drift.inc({ kind: 'counter_wrong' });
      this.log.line(
        'error',
        'counters of an agent differed from its rows and were mended: somebody wrote into the tables',
        {
          agentUid,
          open,
          instants,
        },
      );
    }
  }
}
