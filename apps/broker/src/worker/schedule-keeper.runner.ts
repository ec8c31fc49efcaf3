import { Injectable, Logger, type BeforeApplicationShutdown, type OnApplicationBootstrap } from '@nestjs/common';
import { OutageLog } from '#delivery/bull/outage-log.js';
import { ScheduleKeeper } from '#delivery/bull/schedule-keeper.js';
import { within } from '#domain/within.js';
import { Rounds } from '../serve/rounds.js';

const KEEP_MS = 5_000;
const LEAVE_MS = 500;

/** Puts the schedules right every five seconds: a queue that was wiped, or a broker of another version, has changed them. */
@Injectable()
export class ScheduleKeeperRunner implements OnApplicationBootstrap, BeforeApplicationShutdown {
  private readonly logger = new Logger('Schedules');
  private readonly outage = new OutageLog('The keeper of schedules', this.logger);
  private readonly rounds = new Rounds(KEEP_MS, () => this.pass());

  constructor(private readonly keeper: ScheduleKeeper) {}

  onApplicationBootstrap(): void {
    void this.rounds.start();
  }

  /** Waits for a moment only: a queue that is away may hold the call, and nothing is half done. */
  async beforeApplicationShutdown(): Promise<void> {
    await within(LEAVE_MS, this.rounds.stop());
  }

  private async pass(): Promise<void> {
    try {
      const changed = await this.keeper.keep();
      if (changed.length > 0) this.logger.debug(`schedules set: ${changed.join(', ')}`);
      this.outage.up();
    } catch (error) {
      if (!this.rounds.signal.aborted) this.outage.down(error);
    }
  }
}
