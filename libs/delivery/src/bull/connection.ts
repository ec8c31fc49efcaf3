import {
  assertSchemaCompatibility,
  createPostgresBackend,
  runMigrations,
  setDefaultBackendFactory,
  type ConnectionOptions,
  type PgPool,
  type PgPoolClient,
} from 'bullmq';
import { Cluster, Redis, type ClusterOptions, type RedisOptions } from 'ioredis';
import { LATE, within } from '#domain/within.js';
import { errorWords } from './outage-log.js';
import { QUEUE_NAMES } from '../queues.js';
import { readRedisUrl, REDIS_URL_FORMS, type RedisPlace } from './redis-url.js';
import { UPKEEP_QUEUE } from '../schedules.js';

/**
 * Where the jobs are kept; `redisUrl` as `readRedisUrl` takes it. `prefix` sets test runs on one Redis apart; on
 * PostgreSQL the database does that. The pool has the search path of the queues' schema (`createQueuePool`) and is closed with the connection.
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

const QUEUES_OF_OURS: readonly string[] = [...QUEUE_NAMES, UPKEEP_QUEUE];
/** Their sequences' names, ready to stand in a statement. */
const SEQUENCES = `select quote_ident(job_id_seq_name(q)) as "name" from unnest($1::text[]) q`;

const DEFAULT_PREFIX = 'writ';
const CONNECT_TIMEOUT_MS = 5_000;
/**
 * A connection on which something was asked and nothing heard for so long is opened anew, and what was asked is asked
 * again. Longer than a consumer waits for its next job.
 */
const SILENCE_MS = 15_000;

/**
 * Chooses BullMQ's backend for the whole process, so it must run before the Nest application is created. Refuses with
 * `QueueUnusable` a server that does not answer, a Redis that may evict jobs and a schema that was never migrated.
 */
export async function openQueueConnection(backend: QueueBackend): Promise<QueueConnection> {
  if ('redisUrl' in backend) return openRedis(backend.redisUrl, backend.prefix ?? DEFAULT_PREFIX);
  return openPostgres(backend.pool, backend.schema);
}

/**
 * Creates or updates BullMQ's tables, and the sequence of each queue of ours, which BullMQ would make when the queue is
 * first used, as a role that may not. Processes that start together take turns. The pool's role must own the schema.
 */
export async function migrateQueueSchema(pool: PgPool, schema: string): Promise<void> {
  const client = await pool.connect();
  try {
    await runMigrations(client, schema);
    const { rows } = await client.query<{ name: string }>(SEQUENCES, [QUEUES_OF_OURS]);
    const statements = rows.map(({ name }) => `create sequence if not exists ${name};`);
    // In one transaction: two that make the same sequence at once are not seen by «if not exists».
    await client.query(`begin; select pg_advisory_xact_lock(hashtext('writ queues')); ${statements.join(' ')} commit`);
  } finally {
    client.release();
  }
}

async function openPostgres(pool: PgPool, schema: string): Promise<QueueConnection> {
  try {
    const client = await pool.connect();
    try {
      await assertSchemaCompatibility(client, schema);
      await refuseMissingRights(client, schema);
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

/** What the serving role lacks shows with the first job otherwise, when somebody waits for a card. */
async function refuseMissingRights(client: PgPoolClient, schema: string): Promise<void> {
  const { rows } = await client.query<{ name: string; usable: boolean }>(
    `select s."name", case when to_regclass(s."name") is null then has_schema_privilege($2, 'CREATE')
       else has_sequence_privilege(to_regclass(s."name"), 'USAGE') end as "usable" from (${SEQUENCES}) s`,
    [QUEUES_OF_OURS, schema],
  );
  const missing = rows.filter(({ usable }) => !usable).map(({ name }) => name);
  const { rows: temporary } = await client.query<{ may: boolean }>(
    `select has_database_privilege(current_database(), 'TEMPORARY') as "may"`,
  );
  if (temporary[0]?.may !== true) missing.push('temporary tables');
  if (missing.length === 0) return;
  throw new Error(
    `this role may not use ${missing.join(', ')}: start a broker, or run \`npx writ migrate\`, with WRIT_MIGRATE_DATABASE_URL naming the owner`,
  );
}

async function openRedis(url: string, prefix: string): Promise<QueueConnection> {
  const place = readRedisUrl(url);
  if (place === null) throw new QueueUnusable(`REDIS_URL must be ${REDIS_URL_FORMS}.`);
  await refuseEvictingRedis(place);
  setDefaultBackendFactory();
  if (place.kind === 'cluster') return openCluster(place, prefix);
  // BullMQ opens and closes its own clients; a worker needs one that waits for ever.
  const server = place.kind === 'single' ? { url: place.url } : sentinelOptions(place);
  const connection = { ...server, socketTimeout: SILENCE_MS };
  return { kind: 'redis', options: { connection, prefix }, close: () => Promise.resolve() };
}

/** All keys of a queue must be in one slot: the prefix in braces decides it. */
function openCluster(place: RedisPlace & { kind: 'cluster' }, prefix: string): QueueConnection {
  const cluster = new Cluster([...place.nodes], {
    redisOptions: { ...accessOf(place), maxRetriesPerRequest: null, socketTimeout: SILENCE_MS },
  });
  cluster.on('error', () => undefined);
  return {
    kind: 'redis',
    options: { connection: cluster, prefix: `{${prefix}}` },
    close: async () => cluster.disconnect(),
  };
}

function sentinelOptions(place: RedisPlace & { kind: 'sentinel' }): SentinelOptions {
  return {
    sentinels: [...place.sentinels],
    name: place.name,
    db: place.db,
    enableTLSForSentinelMode: place.tls,
    ...accessOf(place),
  };
}

type Access = Pick<RedisOptions, 'username' | 'password' | 'tls'>;
type SentinelOptions = Access & Pick<RedisOptions, 'sentinels' | 'name' | 'db' | 'enableTLSForSentinelMode'>;

function accessOf({ username, password, tls }: Exclude<RedisPlace, { kind: 'single' }>): Access {
  return {
    ...(username !== undefined && { username }),
    ...(password !== undefined && { password }),
    ...(tls && { tls: {} }),
  };
}

/** One try, soon given up: a broker that starts says what is wrong instead of waiting. */
const ONE_TRY: RedisOptions = {
  connectTimeout: CONNECT_TIMEOUT_MS,
  commandTimeout: CONNECT_TIMEOUT_MS,
  disconnectTimeout: 100,
  maxRetriesPerRequest: 0,
  retryStrategy: () => null,
  sentinelRetryStrategy: () => null,
};

/** A client that connects when it is told to. @param cluster what a cluster needs beside `options` */
export function redisClientOf(place: RedisPlace, options: RedisOptions, cluster: ClusterOptions = {}): Redis | Cluster {
  if (place.kind === 'single') return new Redis(place.url, { ...options, lazyConnect: true });
  if (place.kind === 'sentinel') return new Redis({ ...sentinelOptions(place), ...options, lazyConnect: true });
  const redisOptions = { ...accessOf(place), ...options };
  return new Cluster([...place.nodes], { ...cluster, lazyConnect: true, redisOptions });
}

/** INFO tells the policy also where CONFIG is forbidden, as on hosted Redis. */
async function refuseEvictingRedis(place: RedisPlace): Promise<void> {
  const client = redisClientOf(place, ONE_TRY, { clusterRetryStrategy: () => null });
  let cause: unknown;
  client.on('error', (error: unknown) => (cause = error));
  try {
    if ((await within(2 * CONNECT_TIMEOUT_MS, client.connect())) === LATE)
      throw new Error(`it did not answer within ${2 * CONNECT_TIMEOUT_MS} ms`);
    const servers = client instanceof Cluster ? client.nodes('master') : [client];
    const answers = await Promise.all(servers.map((server) => server.info('memory')));
    const policies = answers.map((answer) => /^maxmemory_policy:(\S+)/m.exec(answer)?.[1]);
    const evicting = policies.findIndex((policy) => policy !== 'noeviction');
    if (evicting === -1) return;
    cause = new QueueUnusable(
      `The Redis of REDIS_URL has maxmemory-policy ${policies[evicting] ?? '(unknown)'}: when memory is short it would drop jobs. Set it to noeviction.`,
    );
  } catch (error) {
    cause ??= error;
  } finally {
    client.disconnect();
  }
  if (cause instanceof QueueUnusable) throw cause;
  throw new QueueUnusable(`The Redis of REDIS_URL cannot be used: ${errorWords(cause)}`, { cause });
}

/** A cluster whose nodes name each other wrongly is asked for ever. */
