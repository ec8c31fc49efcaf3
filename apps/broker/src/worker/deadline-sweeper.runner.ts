import { setTimeout as pause } from 'node:timers/promises';
import { Injectable, Logger, type BeforeApplicationShutdown, type OnApplicationBootstrap } from '@nestjs/common';
import { OutageLog } from '#delivery/outage-log.js';
import { CloseOverdue } from '#escalations/close-overdue.js';
import { RemindEscalation } from '#escalations/remind-escalation.js';
import { RotateDueKeys } from '#escalations/rotate-due-keys.js';

const SWEEP_MS = 1_000;
/** Rows that end in one transaction; each ends at once when it is read, so only the writing waits. */
const SWEEP_LIMIT = 1_000;
const FORGET_MS = 60_000;

/**
 * Asks the database every second what is over and writes it, whatever became of the reminders. Every worker process
 * sweeps; they spread by jitter, and a row that another ended is left alone.
 */
@Injectable()
export class DeadlineSweeperRunner implements OnApplicationBootstrap, BeforeApplicationShutdown {
  private readonly stopping = new AbortController();
  private readonly outage = new OutageLog('The sweeper of deadlines', new Logger(DeadlineSweeperRunner.name));
  private running: Promise<void> | undefined;
  private forgottenAt = -Infinity;

  constructor(
    private readonly closeOverdue: CloseOverdue,
    private readonly reminders: RemindEscalation,
    private readonly keys: RotateDueKeys,
  ) {}

  onApplicationBootstrap(): void {
    this.running ??= this.run();
  }

  async beforeApplicationShutdown(): Promise<void> {
    this.stopping.abort();
    await this.running;
  }

  private async run(): Promise<void> {
    const { signal } = this.stopping;
    while (!signal.aborted) {
      await this.pass(performance.now());
      await pause(SWEEP_MS * (0.75 + Math.random() / 2), undefined, { signal }).catch(() => undefined);
    }
  }

  /** Ends everything that is over, gives the reminders that jobs have lost, and once a minute forgets what is spent. Never throws. `nowMs` is monotonic. */
  async pass(nowMs: number): Promise<void> {
    try {
      let failures: readonly unknown[];
      let ended: number;
      do {
        ({ ended, failures } = await this.closeOverdue.sweep(SWEEP_LIMIT));
        failures.forEach((failure) => this.outage.down(failure));
      } while (ended > 0 && !this.stopping.signal.aborted);
      const unreminded = await this.reminders.sweep(SWEEP_LIMIT);
      unreminded.forEach((failure) => this.outage.down(failure));
      if (nowMs - this.forgottenAt >= FORGET_MS) {
        await this.closeOverdue.forgetSpent();
        await this.keys.execute();
        this.forgottenAt = nowMs;
      }
      if (failures.length === 0 && unreminded.length === 0) this.outage.up();
    } catch (error) {
      this.outage.down(error);
    }
  }
}
