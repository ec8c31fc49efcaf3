import { randomFillSync } from 'node:crypto';
import { formatId, type IdPrefix } from '#domain/ids.js';
import { Ids } from '#escalations/ports.js';

const BYTES = 10;
/** Drawn at once: a token takes eight ids, and each call of the generator costs as much as all of the rest of one. */
const DRAWN = 256 * BYTES;

/** Ids with 80 random bits: nobody guesses a neighbour's. */
export class RandomIds extends Ids {
  private readonly drawn = Buffer.alloc(DRAWN);
  private used = DRAWN;

  override next(prefix: IdPrefix): string {
    if (this.used === DRAWN) {
      randomFillSync(this.drawn);
      this.used = 0;
    }
    const own = this.drawn.subarray(this.used, this.used + BYTES);
    this.used += BYTES;
    return formatId(prefix, Date.now(), own);
  }
}
