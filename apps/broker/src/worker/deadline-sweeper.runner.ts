import { setTimeout as pause } from 'node:timers/promises';
import { Injectable, Logger, type BeforeApplicationShutdown, type OnApplicationBootstrap } from '@nestjs/common';
import { OutageLog } from '#delivery/bull/outage-log.js';
import { CloseOverdue, SWEPT_AT_ONCE } from '#escalations/end/close-overdue.js';
import { RemindEscalation } from '#escalations/decide/remind-escalation.js';
import { Metrics } from '#platform/observe/metrics.js';
import { Rounds } from '../serve/rounds.js';

const SWEEP_MS = 1_000;
const REMINDED_AT_ONCE = 250;

/**
 * Asks the database every second what is over and writes it, whatever became of the reminders. Every worker process
 * sweeps; they spread by jitter, and a row that another ended is left alone.
 */
@Injectable()
export class DeadlineSweeperRunner implements OnApplicationBootstrap, BeforeApplicationShutdown {
  private readonly outage = new OutageLog('The sweeper of deadlines', new Logger(DeadlineSweeperRunner.name));
  private readonly rounds = new Rounds(SWEEP_MS, () => this.pass());

  constructor(
    private readonly closeOverdue: CloseOverdue,
    private readonly reminders: RemindEscalation,
    private readonly metrics: Metrics,
  ) {}

  onApplicationBootstrap(): void {
    void this.rounds.start();
  }

  async beforeApplicationShutdown(): Promise<void> {
    await this.rounds.stop();
  }

  /** Between two batches, for as long as one took: whoever calls meanwhile finds the database free half of the time. */
  private async rest(ms: number): Promise<void> {
    await pause(ms, undefined, { signal: this.rounds.signal }).catch(() => undefined);
  }

  /** Ends everything that is over and gives the reminders that jobs have lost. Never throws. */
  async pass(): Promise<void> {
    try {
      let failures: readonly unknown[];
      let ended: number;
      do {
        const began = performance.now();
        const swept = await this.closeOverdue.sweep(SWEPT_AT_ONCE);
        ({ ended, failures } = swept);
        if (swept.late > 0) this.metrics.drift.inc({ kind: 'row_overdue' }, swept.late);
        failures.forEach((failure) => this.outage.down(failure));
        if (ended > 0) await this.rest(performance.now() - began);
      } while (ended > 0 && !this.rounds.signal.aborted);
      const unreminded = await this.reminders.sweep(REMINDED_AT_ONCE);
      unreminded.forEach((failure) => this.outage.down(failure));
      if (failures.length === 0 && unreminded.length === 0) this.outage.up();
    } catch (error) {
      this.outage.down(error);
    }
  }
}
