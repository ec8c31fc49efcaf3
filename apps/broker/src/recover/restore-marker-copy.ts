import { Logger, type OnApplicationShutdown } from '@nestjs/common';
import { OutageLog } from '#delivery/bull/outage-log.js';
import type { RedisCell } from '#delivery/bull/redis-cell.js';
import { isLater, type RestoreMarker } from '#escalations/recover/restore.js';
import type { RestoreMarkerSeal } from './restore-marker-seal.js';

/**
 * The copy of the mark that all processes share in Redis, where there is one: a process whose data folder is new learns
 * from it. Redis decides nothing: what it lacks changes nothing, what it has is compared with the database like a mark
 * of one's own, and while it is away the marks of the processes go on alone.
 */
export class RestoreMarkerCopy implements OnApplicationShutdown {
  private readonly logger = new Logger('Restores');
  private readonly outage = new OutageLog('The mark in Redis', this.logger);
  /** What stood there when it was read last; `undefined`: it was not read. */
  private text: string | null | undefined;

  /** @param cell `null` without Redis */
  constructor(
    private readonly cell: RedisCell | null,
    private readonly seal: RestoreMarkerSeal,
  ) {}

  onApplicationShutdown(): void {
    this.cell?.close();
  }

  /** The mark; `null` when there is none or Redis is away. One that is not of this master key counts as none. */
  async read(): Promise<RestoreMarker | null> {
    this.text = undefined;
    if (this.cell === null) return null;
    try {
      this.text = await this.cell.read();
      this.outage.up();
    } catch (error) {
      this.outage.down(error);
      return null;
    }
    const mark = this.text === null ? null : this.seal.open(this.text);
    if (mark !== 'foreign') return mark;
    this.logger.warn('the mark in Redis is of another master key or damaged: it starts anew');
    return null;
  }

  /**
   * Puts a mark there instead of what was read. @param held the mark that was read and whose event is there: it gives
   * way to a later one only
   */
  async keep(mark: RestoreMarker, held: RestoreMarker | null): Promise<void> {
    if (this.cell === null || this.text === undefined || (held !== null && !isLater(mark, held))) return;
    try {
      await this.cell.replace(this.text, this.seal.seal(mark));
    } catch (error) {
      this.outage.down(error);
    }
  }
}
