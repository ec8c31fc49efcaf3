import { createHmac, timingSafeEqual } from 'node:crypto';
import { mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { canonicalJson } from '#domain/authority/canonical-json.js';
import type { HighWaterMark } from '#escalations/restore.js';

const FILE = 'high-water.json';

/**
 * The newest event that a process has seen, kept outside of the database: in the data folder, under a MAC of the master
 * key, so that nobody without it can make a broker believe in a restore.
 */
export class HighWaterFile {
  /** @param key the sub-key `high-water` */
  constructor(
    private readonly dataDir: string,
    private readonly key: Uint8Array,
  ) {}

  /** The mark; `null` when there is none, `'foreign'` when it is not of this master key. */
  read(): HighWaterMark | 'foreign' | null {
    let text: string;
    try {
      text = readFileSync(join(this.dataDir, FILE), 'utf8');
    } catch {
      return null;
    }
    try {
      const { mac, seq, eventId, at } = JSON.parse(text) as HighWaterMark & { mac: string };
      const mark = { seq, eventId, at };
      const given = Buffer.from(mac, 'base64url');
      const right = this.mac(mark);
      return given.length === right.length && timingSafeEqual(given, right) ? mark : 'foreign';
    } catch {
      return 'foreign';
    }
  }

  /** Renamed into place, so that nobody reads half a mark. */
  keep(mark: HighWaterMark): void {
    mkdirSync(this.dataDir, { recursive: true, mode: 0o700 });
    const path = join(this.dataDir, FILE);
    const text = JSON.stringify({ ...mark, mac: this.mac(mark).toString('base64url') });
    writeFileSync(`${path}.${process.pid}`, `${text}\n`, { mode: 0o600 });
    renameSync(`${path}.${process.pid}`, path);
  }

  private mac({ seq, eventId, at }: HighWaterMark): Buffer {
    return createHmac('sha256', this.key)
      .update(canonicalJson({ v: 1, seq, eventId, at }))
      .digest();
  }
}
