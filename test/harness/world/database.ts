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
  const server = given === undefined ? await startEmbedded() : { url: given, stop: () => Promise.resolve() };
  await admin(server.url, `drop database if exists ${TEMPLATE} with (force)`, `create database ${TEMPLATE}`);
  const template = databaseUrl(server.url, TEMPLATE);
  await migrate(template, join(process.cwd(), 'prisma', 'migrations'), () => undefined);
  const queues = createQueuePool(template, 1);
  await migrateQueueSchema(queues, QUEUE_SCHEMA).finally(() => queues.end());
  return { url: server.url, stop: () => server.stop() };
}

/** A test run opens thousands of connections; its server's password, random and of this run, needs no slow hash. */
async function startEmbedded(): Promise<Server> {
  const server = await startEmbeddedPostgres({ ephemeral: true, log: () => undefined });
  const { username, password } = new URL(server.url);
  await admin(server.url, 'set scram_iterations = 1', `alter role "${username}" password '${password}'`);
  return server;
}

/** A database of one test file: a clone of the template. */
export async function cloneDatabase(serverUrl: string): Promise<Database> {
  const name = `writ_test_${randomBytes(6).toString('hex')}`;
  await withAdmin(serverUrl, async (client) => {
    const { rows } = await client.query<{ number: string }>(`select current_setting('server_version_num') as "number"`);
    // Through the log a clone costs five times as much; before PostgreSQL 15 files are copied anyway.
    const strategy = Number(rows[0]?.number) < 150_000 ? '' : 'strategy file_copy';
    await client.query(`create database ${name} template ${TEMPLATE} ${strategy}`);
  });
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

function admin(url: string, ...statements: string[]): Promise<void> {
  return withAdmin(url, async (client) => {
    for (const statement of statements) await client.query(statement);
  });
}

async function withAdmin(url: string, work: (client: pg.Client) => Promise<void>): Promise<void> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    await work(client);
  } finally {
    await client.end();
  }
}

function databaseUrl(url: string, name: string): string {
  const changed = new URL(url);
  changed.pathname = `/${name}`;
  return changed.href;
}
