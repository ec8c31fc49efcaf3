import { randomBytes } from 'node:crypto';
import { formatId, type IdPrefix } from '#domain/ids.js';
import { Ids } from '#escalations/ports.js';

/** Ids with 80 random bits: nobody guesses a neighbour's. */
export class RandomIds extends Ids {
  override next(prefix: IdPrefix): string {
    return formatId(prefix, Date.now(), randomBytes(10));
  }
}
