import { Worker } from 'node:worker_threads';
import pg from 'pg';
import { MigrationFailed } from './migration-failed.js';
import { migrationNames } from './migration-names.js';
import type { MigrationOrder, MigrationWord } from './migration-thread.js';

const OLDEST_SERVER = { major: 14, versionNum: 140_000 };
/** SQLSTATEs: nothing was ever migrated here, or this role may not see it. The engine then says what there is to say. */
const NO_RECORD: readonly unknown[] = ['42P01', '42501'];

/**
 * Applies the pending `<timestamp>_<name>/migration.sql` of a folder, in order, and records them where
 * `prisma migrate` would. Takes the connection string of the tables' owner and the absolute folder; returns the names
 * applied, none on a second run. Processes that start together take turns. Each file is applied as a whole or not at
 * all, as long as it holds no transaction commands of its own. Refuses with `MigrationFailed`.
 */
export async function migrate(
  databaseUrl: string,
  migrationsDir: string,
  log: (line: string) => void,
): Promise<{ applied: string[] }> {
  const names = await migrationNames(migrationsDir);
  const client = new pg.Client({ connectionString: databaseUrl, connectionTimeoutMillis: 10_000 });
  client.on('error', () => undefined);
  await client.connect();
  try {
    await refuseOldServer(client);
    if (await allApplied(client, names)) return { applied: [] };
  } finally {
    await client.end();
  }
  return { applied: await applyInThread({ databaseUrl, migrationsDir }, log) };
}

async function refuseOldServer(client: pg.Client): Promise<void> {
  const { rows } = await client.query<{ num: number; version: string }>(
    `SELECT current_setting('server_version_num')::int AS num, current_setting('server_version') AS version`,
  );
  if (rows[0] && rows[0].num >= OLDEST_SERVER.versionNum) return;
  throw new MigrationFailed(`Writ needs PostgreSQL ${OLDEST_SERVER.major} or newer; this is ${rows[0]?.version}.`);
}

/** Whether the record has every one of these as done, and none at all that began and neither ended nor was undone. */
async function allApplied(client: pg.Client, names: readonly string[]): Promise<boolean> {
  try {
    const { rows } = await client.query<{ name: string; done: boolean }>(
      `SELECT migration_name AS name, finished_at IS NOT NULL AS done
         FROM _prisma_migrations WHERE rolled_back_at IS NULL`,
    );
    const done = new Set(rows.map(({ name }) => name));
    return rows.every((row) => row.done) && names.every((name) => done.has(name));
  } catch (error) {
    if (NO_RECORD.includes((error as { code?: unknown }).code)) return false;
    throw error;
  }
}

/** The engine's WebAssembly would stay with the process that loaded it; with a thread it goes. */
async function applyInThread(order: MigrationOrder, log: (line: string) => void): Promise<string[]> {
  const thread = new Worker(new URL('./migration-thread.js', import.meta.url), { workerData: order });
  try {
    return await new Promise((resolve, reject) => {
      thread.on('message', (word: MigrationWord) => {
        if (word.kind === 'line') log(word.line);
        else if (word.kind === 'applied') resolve(word.names);
        else reject(faultOf(word));
      });
      thread.once('error', reject);
      thread.once('exit', (code) => reject(new Error(`the thread that migrates ended (${code})`)));
    });
  } finally {
    await thread.terminate();
  }
}

function faultOf({ migration, message, code, cause }: Extract<MigrationWord, { kind: 'failed' }>): Error {
  if (migration) return new MigrationFailed(message, { cause });
  return Object.assign(new Error(message, { cause }), code === null ? {} : { code });
}
