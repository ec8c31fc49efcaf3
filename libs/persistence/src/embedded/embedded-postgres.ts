import { mkdirSync, mkdtempSync, readdirSync, realpathSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import pg from 'pg';
import { isAbandoned, takeBrokerLock } from './broker-lock.js';
import { prepareCluster, SUPERUSER } from './cluster.js';
import { EmbeddedUnavailable } from './errors.js';
import { place, type Placement } from './placement.js';
import { runningPostmaster, startPostmaster, stopPostmaster, type Postmaster } from './postmaster.js';

/** A PostgreSQL server that belongs to this process. */
export interface EmbeddedPostgres {
  /** Connection string of the database, as superuser, on the loopback address. */
  readonly url: string;
  /** True when a server that an earlier, killed broker left behind was taken over instead of started. */
  readonly adopted: boolean;
  /** Ends the server and gives the folder back, within eight seconds; safe to call twice. */
  stop(): Promise<void>;
}

export type EmbeddedOptions = {
  /** Gets one line of plain text for each step a person may have to wait for or should know. */
  readonly log: (line: string) => void;
  /** The database to make and connect to; `writ` unless told. */
  readonly database?: string;
} & (
  | { readonly dataDir: string; readonly ephemeral?: false; readonly settings?: undefined }
  /**
   * For tests: a folder of its own under the system's temporary one, all removed at `stop`. Without fsync, unless
   * `settings`, which replace the tests' own, say otherwise.
   */
  | { readonly ephemeral: true; readonly dataDir?: undefined; readonly settings?: Readonly<Record<string, string>> }
);

const EPHEMERAL_PREFIX = 'writ-test-';

/**
 * Starts the PostgreSQL of this data folder, making it on the first start, or adopts the one a killed broker left.
 * Refuses with `EmbeddedAlreadyRunning` while another broker holds the folder, and with `EmbeddedUnavailable` when
 * PostgreSQL cannot run here.
 */
export async function startEmbeddedPostgres(options: EmbeddedOptions): Promise<EmbeddedPostgres> {
  const ephemeral = options.ephemeral === true;
  if (ephemeral) await removeAbandoned();
  const dataDir = ephemeral ? mkdtempSync(join(realpathSync(tmpdir()), EPHEMERAL_PREFIX)) : makeFolder(options.dataDir);
  const lock = await takeBrokerLock(dataDir);
  try {
    const server = await open(dataDir, options);
    const end = async (): Promise<void> => {
      try {
        await stopPostmaster(server.postmaster, server.placement, { discard: ephemeral });
      } finally {
        lock.release();
      }
      if (ephemeral) discard(dataDir, server.placement);
    };
    let ending: Promise<void> | undefined;
    return { url: server.url, adopted: server.adopted, stop: () => (ending ??= end()) };
  } catch (error) {
    lock.release();
    if (ephemeral) rmSync(dataDir, { recursive: true, force: true });
    throw error;
  }
}

interface OpenServer {
  readonly placement: Placement;
  readonly postmaster: Postmaster;
  readonly url: string;
  readonly adopted: boolean;
}

async function open(dataDir: string, options: EmbeddedOptions): Promise<OpenServer> {
  const durable = options.ephemeral !== true;
  const placement = place(dataDir, options.log);
  const password = await prepareCluster(placement, dataDir, { durable, log: options.log });
  const left = await runningPostmaster(placement.pgData);
  if (left !== null) options.log(`Adopting the PostgreSQL of an earlier run (process ${left.process.pid})`);
  const postmaster =
    left ?? (await startPostmaster(placement, join(dataDir, 'postgres.log'), { durable, settings: options.settings }));
  try {
    const database = options.database ?? 'writ';
    const base = `postgres://${SUPERUSER}:${password}@127.0.0.1:${postmaster.port}`;
    await makeDatabase(`${base}/postgres`, database, placement.pgData);
    return { placement, postmaster, url: `${base}/${encodeURIComponent(database)}`, adopted: left !== null };
  } catch (error) {
    await stopPostmaster(postmaster, placement, { discard: false });
    throw error;
  }
}

async function makeDatabase(adminUrl: string, name: string, pgData: string): Promise<void> {
  const client = new pg.Client({ connectionString: adminUrl, connectionTimeoutMillis: 10_000 });
  await client.connect();
  try {
    const { rows } = await client.query<{ folder: string; exists: boolean }>(
      `SELECT current_setting('data_directory') AS folder,
              EXISTS (SELECT 1 FROM pg_database WHERE datname = $1) AS exists`,
      [name],
    );
    if (rows[0]?.folder !== pgData) {
      throw new EmbeddedUnavailable(`the server found for ${pgData} serves ${rows[0]?.folder} instead.`);
    }
    if (!rows[0].exists) await client.query(`CREATE DATABASE ${client.escapeIdentifier(name)}`);
  } finally {
    await client.end();
  }
}

function makeFolder(dataDir: string): string {
  mkdirSync(dataDir, { recursive: true, mode: 0o700 });
  return realpathSync(dataDir);
}

/** Test runs that were killed leave a server and a folder; the next run clears them. */
async function removeAbandoned(): Promise<void> {
  const parent = realpathSync(tmpdir());
  for (const name of readdirSync(parent)) {
    const dataDir = join(parent, name);
    if (!name.startsWith(EPHEMERAL_PREFIX) || !isAbandoned(dataDir)) continue;
    try {
      const lock = await takeBrokerLock(dataDir);
      const placement = place(dataDir, () => undefined);
      const left = await runningPostmaster(placement.pgData);
      if (left !== null) await stopPostmaster(left, placement, { discard: true });
      lock.release();
      discard(dataDir, placement);
    } catch {
      // Another user's, or another run clears it at this moment: tidiness is no reason to fail.
    }
  }
}

function discard(dataDir: string, placement: Placement): void {
  for (const folder of [dirname(placement.pgData), dataDir]) {
    rmSync(folder, { recursive: true, force: true, maxRetries: 5, retryDelay: 50 });
  }
}
