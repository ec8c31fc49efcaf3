import { mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { RestoreMarker } from '#escalations/recover/restore.js';
import type { RestoreMarkerSeal } from './restore-marker-seal.js';

const FILE = 'high-water.json';

/** The newest event that a process has seen, kept outside of the database: sealed, in the data folder. */
export class RestoreMarkerFile {
  constructor(
    private readonly dataDir: string,
    private readonly seal: RestoreMarkerSeal,
  ) {}

  /** The mark; `null` when there is none, `'foreign'` when it is not of this master key. */
  read(): RestoreMarker | 'foreign' | null {
    let text: string;
    try {
      text = readFileSync(join(this.dataDir, FILE), 'utf8');
    } catch {
      return null;
    }
    return this.seal.open(text);
  }

  /** Renamed into place, so that nobody reads half a mark. */
  keep(mark: RestoreMarker): void {
    mkdirSync(this.dataDir, { recursive: true, mode: 0o700 });
    const path = join(this.dataDir, FILE);
    writeFileSync(`${path}.${process.pid}`, `${this.seal.seal(mark)}\n`, { mode: 0o600 });
    renameSync(`${path}.${process.pid}`, path);
  }
}
