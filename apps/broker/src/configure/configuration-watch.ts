import { readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { Logger, type BeforeApplicationShutdown, type OnApplicationBootstrap } from '@nestjs/common';
import { OutageLog } from '#delivery/bull/outage-log.js';
import { driftOf, driftWords, foundFolder, type Drift } from '#escalations/configure/configuration-drift.js';
import type { ConfigurationStore, ConfigurationVersion } from '#escalations/judge/configuration-store.js';
import type { WritEnvironment } from '#platform/config/environment/environment.js';
import { readToCheck } from '#platform/config/catalog/read-to-check.js';
import type { Metrics } from '#platform/observe/metrics.js';
import { Rounds } from '../serve/rounds.js';

const WATCH_MS = 5_000;
/** The folder is read again then even where no file seems changed: a key file may lie anywhere in it. */
const READ_AGAIN_MS = 600_000;

/** What tells a process its folder. */
type FolderNames = Pick<WritEnvironment, 'configDir' | 'dataDir' | 'database' | 'issuer'>;

/** What was found at the last look; the instant is this process's clock, epoch milliseconds. */
export interface ConfigurationComparison {
  readonly drift: Drift;
  readonly at: number;
}

/**
 * Compares the folder of this process with what is in force: before it serves, and every few seconds, since either can
 * change under it. A difference, or a folder that cannot be read, is told in the log and in a metric and changes nothing:
 * authority rests on what was applied, so a process never goes down for a folder that it does not need.
 */
export class ConfigurationWatch implements OnApplicationBootstrap, BeforeApplicationShutdown {
  private readonly logger = new Logger('Configuration');
  private readonly outage = new OutageLog('The watch over the configuration folder', this.logger);
  private readonly rounds = new Rounds(WATCH_MS, () => this.pass());
  private seen: { readonly files: string; readonly inForce: ConfigurationVersion | null; readonly at: number } | null =
    null;
  private found: ConfigurationComparison | null = null;
  private told = '';

  /** @param folder `null` where nobody named one: then nothing is compared */
  constructor(
    private readonly folder: FolderNames | null,
    private readonly store: ConfigurationStore,
    private readonly drifts: Pick<Metrics['configurationDrift'], 'set'>,
  ) {}

  /** `null` where no folder is compared, or none was yet. */
  get comparison(): ConfigurationComparison | null {
    return this.found;
  }

  async onApplicationBootstrap(): Promise<void> {
    this.drifts.set(0);
    if (this.folder !== null) await this.rounds.start();
  }

  async beforeApplicationShutdown(): Promise<void> {
    await this.rounds.stop();
  }

  /** Looks whether folder or database have moved, and compares them where one has. Never throws. */
  async pass(): Promise<void> {
    const { folder } = this;
    if (folder === null) return;
    try {
      const files = fingerprintOf(folder);
      const inForce = await this.store.currentVersion();
      this.outage.up();
      if (this.known(files, inForce)) return;
      const found = foundFolder(() => readToCheck(folder, folder.configDir));
      this.tell(driftOf(found, await this.store.current()));
      this.seen = { files, inForce, at: performance.now() };
    } catch (error) {
      this.outage.down(error);
    }
  }

  private known(files: string, inForce: ConfigurationVersion | null): boolean {
    if (this.seen === null || performance.now() - this.seen.at > READ_AGAIN_MS) return false;
    return (
      this.seen.files === files &&
      this.seen.inForce?.seq === inForce?.seq &&
      this.seen.inForce?.sha256 === inForce?.sha256
    );
  }

  /** Once for each answer, not at each look. */
  private tell(drift: Drift): void {
    this.found = { drift, at: Date.now() };
    this.drifts.set(drift.kind === 'none' ? 0 : 1);
    const words = driftWords(drift);
    if (words === this.told) return;
    if (drift.kind !== 'none') this.logger.warn(words);
    else this.logger.log(words);
    this.told = words;
  }
}

/** Names, sizes and times of the files that a configuration is read from; a folder that is not there has none. */
function fingerprintOf({ configDir, dataDir }: Pick<WritEnvironment, 'configDir' | 'dataDir'>): string {
  const folders = [join(configDir, 'policies'), join(configDir, 'keys'), join(dataDir, 'keys')];
  return [join(configDir, 'writ.yaml'), ...folders.flatMap(filesIn)].map(markOf).join('\n');
}

function filesIn(folder: string): string[] {
  try {
    return readdirSync(folder)
      .sort()
      .map((name) => join(folder, name));
  } catch {
    return [];
  }
}

function markOf(path: string): string {
  const file = statSync(path, { throwIfNoEntry: false });
  return file === undefined ? `${path} -` : `${path} ${file.size} ${file.mtimeMs} ${file.ino}`;
}
