import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import pg from 'pg';
import { startEmbeddedPostgres } from '#persistence/embedded/embedded-postgres.js';
import { migrateQueueSchema } from '#delivery/bull/connection.js';
import { migrate } from '#persistence/schema/migrate.js';
import { createQueuePool, QUEUE_SCHEMA } from '#persistence/schema/queue-pool.js';

const TEMPLATE = 'writ_template';

export interface Server {
  /** Of the maintenance database. */
  readonly url: string;
  stop(): Promise<void>;
}

export interface Database {
  readonly url: string;
  readonly pool: pg.Pool;
  drop(): Promise<void>;
}

/** The run's one server, with a migrated template to clone. `WRIT_TEST_DATABASE_URL` names one that runs already. */
export async function startServer(given: string | undefined): Promise<Server> {
  const server =
    given === undefined
      ? await startEmbeddedPostgres({ ephemeral: true, log: () => undefined })
      : { url: given, stop: () => Promise.resolve() };
  await admin(server.url, `drop database if exists ${TEMPLATE} with (force)`, `create database ${TEMPLATE}`);
  const template = databaseUrl(server.url, TEMPLATE);
  await migrate(template, join(process.cwd(), 'prisma', 'migrations'), () => undefined);
  const queues = createQueuePool(template, 1);
  await migrateQueueSchema(queues, QUEUE_SCHEMA).finally(() => queues.end());
  return { url: server.url, stop: () => server.stop() };
}

/** A database of one test file: a clone of the template. */
export async function cloneDatabase(serverUrl: string): Promise<Database> {
  const name = `writ_test_${randomBytes(6).toString('hex')}`;
  await admin(serverUrl, `create database ${name} template ${TEMPLATE} strategy file_copy`);
  const url = databaseUrl(serverUrl, name);
  // Without parallel workers: to start one costs ten times what a look at a few small tables does.
  const pool = new pg.Pool({ connectionString: url, max: 4, options: '-c max_parallel_workers_per_gather=0' });
  pool.on('error', () => undefined);
  return {
    url,
    pool,
    drop: async () => {
      await pool.end();
      await admin(serverUrl, `drop database if exists ${name} with (force)`);
    },
  };
}

async function admin(url: string, ...statements: string[]): Promise<void> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    for (const statement of statements) await client.query(statement);
  } finally {
    await client.end();
  }
}

function databaseUrl(url: string, name: string): string {
  const changed = new URL(url);
  changed.pathname = `/${name}`;
  return changed.href;
}
