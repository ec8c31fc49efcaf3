import { availableParallelism } from 'node:os';
import pg from 'pg';
import { startEmbeddedPostgres } from '#persistence/embedded/embedded-postgres.js';
import { startServer, type Server } from '../../harness/world/database.js';

/** What the pools of both sides hold at most: the broker's own number, which the peer is given too. */
export const POOL_SIZE = 20;

/**
 * The bench's server, whoever is measured: commits wait for the disk. The tests' own settings would flatter whoever
 * commits more. Times of commits are kept, because from a commit on is what some figures measure.
 */
const SETTINGS: Readonly<Record<string, string>> = {
  fsync: 'on',
  synchronous_commit: 'on',
  full_page_writes: 'on',
  shared_buffers: '512MB',
  max_wal_size: '2GB',
  max_connections: '300',
  track_commit_timestamp: 'on',
  jit: 'off',
};

/** Without these a figure says nothing of what a durable commit costs. */
const DURABLE = ['fsync', 'synchronous_commit', 'full_page_writes'] as const;
const TOLD = [...DURABLE, 'shared_buffers', 'jit', 'track_commit_timestamp'] as const;

/** What was measured on; it goes beside the figures. */
export type Settings = Readonly<Record<string, string | number>>;

export interface BenchServer extends Server {
  readonly settings: Settings;
}

/**
 * Starts the one server of a run with a migrated template, or takes the one that runs at `given`.
 * @throws when its commits are not durable
 */
export async function startBenchServer(given: string | undefined): Promise<BenchServer> {
  const own =
    given === undefined
      ? await startEmbeddedPostgres({ ephemeral: true, log: () => undefined, settings: SETTINGS })
      : undefined;
  try {
    const url = given ?? (own?.url as string);
    const settings = await settingsOf(url);
    const { stop } = await startServer(url);
    return {
      url,
      settings,
      stop: async () => {
        await stop();
        await own?.stop();
      },
    };
  } catch (error) {
    await own?.stop();
    throw error;
  }
}

async function settingsOf(url: string): Promise<Settings> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    const { rows } = await client.query<{ name: string; value: string }>(
      `select "name", current_setting("name") as "value" from pg_settings where "name" = any($1)`,
      [[...TOLD, 'server_version']],
    );
    const all = Object.fromEntries(rows.map(({ name, value }) => [name, value]));
    const off = DURABLE.filter((name) => all[name] !== 'on');
    if (off.length > 0) throw new Error(`this server does not commit durably: ${off.join(', ')} must be on`);
    if (all['track_commit_timestamp'] !== 'on')
      throw new Error('this server does not keep the times of commits: track_commit_timestamp must be on');
    return {
      ...Object.fromEntries(TOLD.map((name) => [name, all[name] ?? ''])),
      server_version: (all['server_version'] ?? '').split(' ')[0] ?? '',
      node_version: process.versions.node,
      platform: `${process.platform}-${process.arch}`,
      cores: availableParallelism(),
      pool_size: POOL_SIZE,
    };
  } finally {
    await client.end();
  }
}
