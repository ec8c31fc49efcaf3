import {
  Injectable,
  Logger,
  type BeforeApplicationShutdown,
  type OnApplicationBootstrap,
  type OnModuleInit,
} from '@nestjs/common';
import { OutageLog } from '#delivery/bull/outage-log.js';
import { isLater, RestoreReader, Restores, type RestoreMarker } from '#escalations/recover/restore.js';
import { SYSTEM } from '#escalations/rows/history.js';
import { RestoreMarkerCopy } from './restore-marker-copy.js';
import { RestoreMarkerFile } from './restore-marker-file.js';
import { Rounds } from '../serve/rounds.js';

const WATCH_MS = 2_000;
const ALARM_MS = 60_000;

/**
 * Compares the database with what this process (or the one before it on the same data folder) has seen of it, and with
 * what others have: before it serves, and every few seconds, since a database can be put back under a running broker. A
 * missing event is a restore that nobody declared, so it is declared here. Then moves the marks on.
 */
@Injectable()
export class RestoreWatch implements OnModuleInit, OnApplicationBootstrap, BeforeApplicationShutdown {
  private readonly logger = new Logger('Restores');
  private readonly outage = new OutageLog('The watch over restores', this.logger);
  private readonly rounds = new Rounds(WATCH_MS, () => this.pass());
  private seen: RestoreMarker | null = null;
  private alarmedAt = -Infinity;

  constructor(
    private readonly restores: Restores,
    private readonly reader: RestoreReader,
    private readonly file: RestoreMarkerFile,
    private readonly copy: RestoreMarkerCopy,
  ) {}

  async onModuleInit(): Promise<void> {
    const kept = this.file.read();
    if (kept === 'foreign') this.logger.warn('high-water.json is of another master key or damaged: it starts anew');
    else this.seen = kept;
    this.seen = await this.held(this.seen);
    await this.held(await this.copy.read());
  }

  onApplicationBootstrap(): void {
    void this.rounds.start();
  }

  async beforeApplicationShutdown(): Promise<void> {
    await this.rounds.stop();
    // The next process is to know what this one has seen last.
    await this.pass();
  }

  /** Compares, moves the marks on and says what still waits for a review. Never throws. */
  async pass(): Promise<void> {
    try {
      this.seen = await this.held(this.seen);
      const shared = await this.held(await this.copy.read());
      const newest = await this.reader.newestEvent();
      if (newest !== null) {
        // Never back: what was put back between the two reads is missed by the next pass.
        if (this.seen === null || isLater(newest, this.seen)) {
          this.seen = newest;
          this.file.keep(newest);
        }
        await this.copy.keep(newest, shared);
      }
      await this.alarm();
      this.outage.up();
    } catch (error) {
      this.outage.down(error);
    }
  }

  /** The mark if it still holds. One that is missed is a restore, which is declared. */
  private async held(mark: RestoreMarker | null): Promise<RestoreMarker | null> {
    if (mark === null) return null;
    const verdict = await this.restores.judge(mark);
    if (verdict === 'held') return mark;
    if (verdict === 'missed') {
      const { id } = await this.restores.declare('detected', SYSTEM);
      this.logger.error(
        `The database no longer holds event ${mark.seq} (${mark.eventId}), which a broker has seen: it was put back. Restore ${id} is declared.`,
      );
    }
    return null;
  }

  private async alarm(): Promise<void> {
    const [newest] = await this.reader.epochs(1);
    if (newest === undefined || newest.review !== null || performance.now() - this.alarmedAt < ALARM_MS) return;
    this.alarmedAt = performance.now();
    this.logger.error(`Restore ${newest.id} waits for a review: nothing is minted and no token counts until then.`);
  }
}
