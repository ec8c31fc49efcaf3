import { setTimeout as pause } from 'node:timers/promises';
import { Injectable, Logger, type BeforeApplicationShutdown, type OnApplicationBootstrap } from '@nestjs/common';
import { OutageLog } from '#delivery/outage-log.js';
import { RegistrySource, UnitOfWork } from '#escalations/ports.js';
import { CardDrift } from '#slack/ports.js';

const SWEEP_MS = 20_000;
const SWEEP_LIMIT = 200;

/**
 * Finds, every twenty seconds, cards that are behind and whose job was lost (a queue that was wiped, a worker that took
 * its job along), and has them published. Every worker process sweeps; they spread by jitter, and a job too many finds
 * nothing to do.
 */
@Injectable()
export class CardSweeperRunner implements OnApplicationBootstrap, BeforeApplicationShutdown {
  private readonly stopping = new AbortController();
  private readonly outage = new OutageLog('The sweeper of cards', new Logger(CardSweeperRunner.name));
  private running: Promise<void> | undefined;

  constructor(
    private readonly drift: CardDrift,
    private readonly registry: RegistrySource,
    private readonly unitOfWork: UnitOfWork,
  ) {}

  onApplicationBootstrap(): void {
    this.running ??= this.run();
  }

  async beforeApplicationShutdown(): Promise<void> {
    this.stopping.abort();
    await this.running;
  }

  /** One pass; answers how many requests it had published. Never throws. */
  async pass(): Promise<number> {
    try {
      const { catalog } = await this.registry.current();
      const asked = catalog.groups.filter((group) => group.slackChannel !== null).map((group) => group.id);
      const lost = await this.drift.lost(asked, SWEEP_LIMIT);
      const jobs = lost.map((id) => ({ topic: 'card.publish', payload: { id } }) as const);
      if (jobs.length > 0) await this.unitOfWork.run((tx) => tx.enqueue(jobs));
      this.outage.up();
      return jobs.length;
    } catch (error) {
      this.outage.down(error);
      return 0;
    }
  }

  private async run(): Promise<void> {
    const { signal } = this.stopping;
    while (!signal.aborted) {
      await this.pass();
      await pause(SWEEP_MS * (0.75 + Math.random() / 2), undefined, { signal }).catch(() => undefined);
    }
  }
}
