import { setTimeout as pause } from 'node:timers/promises';
import {
  Injectable,
  Logger,
  type BeforeApplicationShutdown,
  type OnApplicationBootstrap,
  type OnModuleInit,
} from '@nestjs/common';
import { OutageLog } from '#delivery/outage-log.js';
import { RestoreReader, Restores, type HighWaterMark } from '#escalations/restore.js';
import { SYSTEM } from '#escalations/rows.js';
import { HighWaterFile } from './high-water-file.js';

const WATCH_MS = 2_000;
const ALARM_MS = 60_000;

/**
 * Compares the database with what this process (or the one before it on the same data folder) has seen of it: before it
 * serves, and every few seconds, since a database can be put back under a running broker. A missing event is a restore
 * that nobody declared, so it is declared here. Then moves the mark on.
 */
@Injectable()
export class RestoreWatch implements OnModuleInit, OnApplicationBootstrap, BeforeApplicationShutdown {
  private readonly stopping = new AbortController();
  private readonly logger = new Logger('Restores');
  private readonly outage = new OutageLog('The watch over restores', this.logger);
  private running: Promise<void> | undefined;
  private seen: HighWaterMark | null = null;
  private alarmedAt = -Infinity;

  constructor(
    private readonly restores: Restores,
    private readonly reader: RestoreReader,
    private readonly file: HighWaterFile,
  ) {}

  async onModuleInit(): Promise<void> {
    const kept = this.file.read();
    if (kept === 'foreign') this.logger.warn('high-water.json is of another master key or damaged: it starts anew');
    else this.seen = kept;
    await this.compare();
  }

  onApplicationBootstrap(): void {
    this.running ??= this.run();
  }

  async beforeApplicationShutdown(): Promise<void> {
    this.stopping.abort();
    await this.running;
    // The next process is to know what this one has seen last.
    await this.pass();
  }

  private async run(): Promise<void> {
    const { signal } = this.stopping;
    while (!signal.aborted) {
      await this.pass();
      await pause(WATCH_MS * (0.75 + Math.random() / 2), undefined, { signal }).catch(() => undefined);
    }
  }

  /** Compares, moves the mark on and says what still waits for a review. Never throws. */
  async pass(): Promise<void> {
    try {
      await this.compare();
      const newest = await this.reader.newestEvent();
      // What was put back between the two reads has its own event here, or none: the next pass finds it missing.
      if (newest !== null && newest.seq !== this.seen?.seq) {
        this.seen = newest;
        this.file.keep(newest);
      }
      await this.alarm();
      this.outage.up();
    } catch (error) {
      this.outage.down(error);
    }
  }

  private async compare(): Promise<void> {
    if (this.seen === null || !(await this.restores.missed(this.seen))) return;
    const { id } = await this.restores.declare('detected', SYSTEM);
    this.logger.error(
      `The database no longer holds event ${this.seen.seq} (${this.seen.eventId}), which this broker has seen: it was put back. Restore ${id} is declared.`,
    );
    this.seen = null;
  }

  private async alarm(): Promise<void> {
    const [newest] = await this.reader.epochs(1);
    if (newest === undefined || newest.review !== null || performance.now() - this.alarmedAt < ALARM_MS) return;
    this.alarmedAt = performance.now();
    this.logger.error(`Restore ${newest.id} waits for a review: nothing is minted and no token counts until then.`);
  }
}
