import { cpSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startEmbeddedPostgres } from '#persistence/embedded/embedded-postgres.js';
import { migrate } from '#persistence/schema/migrate.js';
import { createPool, type DatabasePool } from '#persistence/connection/pool.js';
import { loadOrCreateMasterKey } from '#platform/config/environment/master-key.js';
import { ROOT } from '#platform/root.js';
import { writ, type Session } from './terminal.js';

/** A data folder with the sample configuration and its own database, as a broker beside the commands would have it. */
export interface Installation {
  readonly dataDir: string;
  /** Folder of the configuration, free to be changed. */
  readonly config: string;
  readonly env: NodeJS.ProcessEnv;
  readonly databaseUrl: string;
  run(...argv: string[]): Promise<Session>;
  /** What the first broker does: makes the tables. The pool ends with the installation. */
  makeTables(): Promise<DatabasePool>;
  close(): Promise<void>;
}

/** Lays an installation out and starts its database, still without tables. */
export async function install(): Promise<Installation> {
  const dataDir = mkdtempSync(join(tmpdir(), 'writ-cli-'));
  const config = join(dataDir, 'config');
  cpSync(join(ROOT, 'config/sample'), config, { recursive: true });
  const env = { WRIT_DATA_DIR: dataDir, WRIT_CONFIG: config, WRIT_PORT: '0' };
  // As a broker's start makes it: no command does.
  loadOrCreateMasterKey(dataDir);
  const server = await startEmbeddedPostgres({ dataDir, log: () => undefined });
  let pool: DatabasePool | null = null;
  return {
    dataDir,
    config,
    env,
    databaseUrl: server.url,
    run: (...argv) => writ(argv, env),
    makeTables: async () => {
      await migrate(server.url, join(ROOT, 'prisma/migrations'), () => undefined);
      return (pool ??= createPool(server.url, { max: 2 }));
    },
    close: async () => {
      await pool?.end();
      await server.stop();
      rmSync(dataDir, { recursive: true, force: true });
    },
  };
}
