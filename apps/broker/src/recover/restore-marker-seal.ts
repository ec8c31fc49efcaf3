import { createHmac, timingSafeEqual } from 'node:crypto';
import { canonicalJson } from '#domain/authority/canonical-json.js';
import type { RestoreMarker } from '#escalations/recover/restore.js';

/** Puts a mark under a MAC of the master key, so that nobody without it can make a broker believe in a restore. */
export class RestoreMarkerSeal {
  /** Tells the marks of this master key from those of others. */
  readonly name: string;

  /** @param key the sub-key `high-water` */
  constructor(private readonly key: Uint8Array) {
    this.name = createHmac('sha256', key).update('name').digest('hex').slice(0, 16);
  }

  /** One line of text. */
  seal({ seq, eventId, at }: RestoreMarker): string {
    const mark = { seq, eventId, at };
    return JSON.stringify({ ...mark, mac: this.mac(mark).toString('base64url') });
  }

  /** The mark in a text; `'foreign'` when it is not of this master key. */
  open(text: string): RestoreMarker | 'foreign' {
    try {
      const { mac, seq, eventId, at } = JSON.parse(text) as RestoreMarker & { mac: string };
      const mark = { seq, eventId, at };
      const given = Buffer.from(mac, 'base64url');
      const right = this.mac(mark);
      return given.length === right.length && timingSafeEqual(given, right) ? mark : 'foreign';
    } catch {
      return 'foreign';
    }
  }

  private mac({ seq, eventId, at }: RestoreMarker): Buffer {
    return createHmac('sha256', this.key)
      .update(canonicalJson({ v: 1, seq, eventId, at }))
      .digest();
  }
}
