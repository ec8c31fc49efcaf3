import {
  assertSchemaCompatibility,
  createPostgresBackend,
  runMigrations,
  setDefaultBackendFactory,
  type ConnectionOptions,
  type PgPool,
} from 'bullmq';
import { Redis } from 'ioredis';
import { errorWords } from './outage-log.js';

/**
 * Where the jobs are kept. `prefix` sets test runs on one Redis apart; on PostgreSQL the database does that. The pool
 * has the search path of the queues' schema (`createQueuePool`) and is closed with the connection.
 */
export type QueueBackend =
  { readonly redisUrl: string; readonly prefix?: string } | { readonly pool: PgPool; readonly schema: string };

/** A checked place for jobs, for `DeliveryModule.register`. Close it after the Nest application. */
export interface QueueConnection {
  readonly kind: 'redis' | 'postgres';
  readonly options: { readonly connection: ConnectionOptions; readonly prefix: string };
  close(): Promise<void>;
}

/** The queue cannot be used as it is; the message is for the person who starts the broker and quotes no URL. */
export class QueueUnusable extends Error {
  constructor(message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = 'QueueUnusable';
  }
}

const DEFAULT_PREFIX = 'writ';
const CONNECT_TIMEOUT_MS = 5_000;

/**
 * Chooses BullMQ's backend for the whole process, so it must run before the Nest application is created. Refuses with
 * `QueueUnusable` a server that does not answer, a Redis that may evict jobs and a schema that was never migrated.
 */
export async function openQueueConnection(backend: QueueBackend): Promise<QueueConnection> {
  if ('redisUrl' in backend) return openRedis(backend.redisUrl, backend.prefix ?? DEFAULT_PREFIX);
  return openPostgres(backend.pool, backend.schema);
}

/** Creates or updates BullMQ's tables; processes that start together take turns. The pool's role must own the schema. */
export async function migrateQueueSchema(pool: PgPool, schema: string): Promise<void> {
  const client = await pool.connect();
  try {
    await runMigrations(client, schema);
  } finally {
    client.release();
  }
}

async function openPostgres(pool: PgPool, schema: string): Promise<QueueConnection> {
  try {
    const client = await pool.connect();
    try {
      await assertSchemaCompatibility(client, schema);
    } finally {
      client.release();
    }
  } catch (error) {
    throw new QueueUnusable(`The queue's tables cannot be used: ${errorWords(error)}`, { cause: error });
  }
  setDefaultBackendFactory(createPostgresBackend);
  return {
    kind: 'postgres',
    // Nest types the option for Redis; the backend chosen above reads it as a pool.
    options: { connection: pool, prefix: DEFAULT_PREFIX },
    close: () => pool.end(),
  };
}

async function openRedis(url: string, prefix: string): Promise<QueueConnection> {
  await refuseEvictingRedis(url);
  setDefaultBackendFactory();
  // BullMQ opens and closes its own clients; a worker needs one that waits for ever.
  return { kind: 'redis', options: { connection: { url }, prefix }, close: () => Promise.resolve() };
}

/** INFO tells the policy also where CONFIG is forbidden, as on hosted Redis. */
async function refuseEvictingRedis(url: string): Promise<void> {
  const client = new Redis(url, {
    lazyConnect: true,
    connectTimeout: CONNECT_TIMEOUT_MS,
    commandTimeout: CONNECT_TIMEOUT_MS,
    disconnectTimeout: 100,
    maxRetriesPerRequest: 0,
    retryStrategy: () => null,
  });
  let cause: unknown;
  client.on('error', (error: unknown) => (cause = error));
  try {
    await client.connect();
    const policy = /^maxmemory_policy:(\S+)/m.exec(await client.info('memory'))?.[1];
    if (policy === 'noeviction') return;
    cause = new QueueUnusable(
      `The Redis of REDIS_URL has maxmemory-policy ${policy ?? '(unknown)'}: when memory is short it would drop jobs. Set it to noeviction.`,
    );
  } catch (error) {
    cause ??= error;
  } finally {
    client.disconnect();
  }
  if (cause instanceof QueueUnusable) throw cause;
  throw new QueueUnusable(`The Redis of REDIS_URL cannot be used: ${errorWords(cause)}`, { cause });
}
