import { Injectable, Logger, type BeforeApplicationShutdown, type OnApplicationBootstrap } from '@nestjs/common';
import { OutageLog } from '#delivery/bull/outage-log.js';
import { RegistrySource } from '#escalations/ports.js';
import { BrokenSeals } from '#escalations/sealed-kinds.js';
import { KeyRing } from '#tokens/key-ring.js';
import { Rounds } from '../serve/rounds.js';

const WATCH_MS = 2_000;
/** A stranger who can write one such row can write thousands. */
const TOLD_AT_ONCE = 10;

/**
 * Keeps the ring of this process near the database: keys that others made, retired or declared compromised, and a first
 * key for every algorithm that a resource asks for. Nothing rests on its being prompt: what a token is worth, and who
 * signs the next one, is asked of the database each time.
 */
@Injectable()
export class KeyWatch implements OnApplicationBootstrap, BeforeApplicationShutdown {
  private readonly logger = new Logger(KeyWatch.name);
  private readonly outage = new OutageLog('The watch over signing keys', this.logger);
  private readonly rounds = new Rounds(WATCH_MS, () => this.pass());
  private readonly told = new Set<string>();

  constructor(
    private readonly ring: KeyRing,
    private readonly registry: RegistrySource,
    private readonly broken: BrokenSeals,
  ) {}

  async onApplicationBootstrap(): Promise<void> {
    await this.rounds.start();
  }

  async beforeApplicationShutdown(): Promise<void> {
    await this.rounds.stop();
  }

  /** An operator should hear of a row that is no key of ours, once; everybody else goes on without it. */
  private tell(kid: string): void {
    this.broken.found('key', kid);
    this.told.add(kid);
    this.logger.warn(`WRIT_MASTER_KEY does not open the signing key ${JSON.stringify(kid)}: it is passed over`);
  }

  /** Reads the keys anew and makes the missing ones. Never throws. */
  async pass(): Promise<void> {
    try {
      await this.ring.refresh();
      const pendingEvents = this.ring.unreadableKids().filter((kid) => !this.told.has(kid));
      for (const kid of pendingEvents.slice(0, TOLD_AT_ONCE)) this.tell(kid);
      const { catalog } = await this.registry.current();
      for (const alg of new Set(catalog.resources.map((resource) => resource.signingAlg))) await this.ring.ensure(alg);
      this.outage.up();
    } catch (error) {
      this.outage.down(error);
    }
  }
}
