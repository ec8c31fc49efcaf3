import { randomBytes } from 'node:crypto';
import { createServer, type AddressInfo } from 'node:net';
import { join } from 'node:path';
import { migrateQueueSchema, openQueueConnection, type QueueConnection } from '#delivery/bull/connection.js';
import { CONSUMED_QUEUES } from '#delivery/queues.js';
import { checkPolicies } from '#escalations/judge/configuration-in-force.js';
import { SYSTEM } from '#escalations/rows/history.js';
import { grantDataRights } from '#persistence/schema/data-rights.js';
import { migrate } from '#persistence/schema/migrate.js';
import { createPool, type DatabasePool } from '#persistence/connection/pool.js';
import { makeMonths } from '#persistence/end/months.js';
import { PostgresConfigurationStore } from '#persistence/configure/postgres-configuration-store.js';
import { PostgresSigningKeyStore } from '#persistence/keys/postgres-signing-key-store.js';
import { createQueuePool, QUEUE_SCHEMA } from '#persistence/schema/queue-pool.js';
import { StorePulse } from '#persistence/connection/store-pulse.js';
import {
  ensureDevelopmentKeys,
  idsWithDevelopmentKeys,
  makesDevelopmentKeys,
} from '#platform/config/catalog/development-keys.js';
import type { WritEnvironment } from '#platform/config/environment/environment.js';
import { loadOrCreateMasterKey } from '#platform/config/environment/master-key.js';
import type { SlackConnection } from '#platform/config/environment/slack-environment.js';
import { readCatalog } from '#platform/config/catalog/writ-yaml.js';
import type { JsonLog } from '#platform/observe/log.js';
import { KeyRing } from '#tokens/key-ring.js';
import type { BegunDatabase } from './begin-database.js';
import { openSeals, type OpenSeals } from './open-seals.js';
import { openLocalSlack, type OpenLocalSlack } from './local-slack.js';
import { ROOT } from '#platform/root.js';
import { businessLines } from '../observation/business-lines.js';
import { openObservation, type Observation } from '../observation/open-observation.js';

/** SQLSTATE. */
const INSUFFICIENT_PRIVILEGE = '42501';

/** Everything that exists before Nest does, opened in order; closing runs backwards. */
export interface Opened {
  readonly issuer: string;
  readonly environment: WritEnvironment;
  readonly log: JsonLog;
  readonly masterKey: Buffer;
  readonly pool: DatabasePool;
  readonly seals: OpenSeals;
  /** Whether the database answers at all. */
  readonly pulse: StorePulse;
  readonly keyRing: KeyRing;
  readonly slack: SlackConnection | null;
  readonly localSlack: OpenLocalSlack | null;
  readonly databaseUrl: string;
  readonly observation: Observation;
  /** Where jobs are kept; `null` in a process without the role `worker`, which neither adds nor runs any. */
  readonly queues: QueueConnection | null;
  close(): Promise<void>;
}

/**
 * Database, migrations, keys, configuration and the local Slack. When a step fails, everything opened before is closed
 * again, the database that was begun too.
 */
export async function open(
  environment: WritEnvironment,
  log: JsonLog,
  say: (line: string) => void,
  database: BegunDatabase,
): Promise<Opened> {
  const closers: (() => Promise<void>)[] = [];
  const close = async (): Promise<void> => {
    for (const closer of closers.splice(0).reverse()) await closer().catch((error: unknown) => log.error(error));
  };
  try {
    closers.push(() => database.stop());
    const observation = await openObservation(environment);
    closers.push(() => observation.close());
    const embedded = await database.started;
    const databaseUrl = embedded?.url ?? (environment.database.kind === 'external' ? environment.database.url : '');
    const migrateUrl = environment.database.kind === 'external' ? environment.database.migrateUrl : databaseUrl;
    const masterKey = environment.masterKey ?? loadOrCreateMasterKey(environment.dataDir);
    await prepareTables(migrateUrl, databaseUrl, say);
    const pulse = new StorePulse(databaseUrl);
    pulse.start();
    closers.push(() => pulse.close());
    const pool = createPool(databaseUrl, { pulse });
    closers.push(() => pool.end());
    // Before anything is written: what goes to the default partition stays there.
    await makeMonths(pool);
    const keyRing = await KeyRing.open(new PostgresSigningKeyStore(pool), masterKey, randomBytes, () => new Date());
    // Not before it is known that this is the master key of this database.
    const seals = await openSeals({ pool, ownerUrl: migrateUrl, masterKey }, observation, log);
    const store = new PostgresConfigurationStore(pool, seals.journal, seals.configurations);
    const catalog = await applyConfiguration(environment, store, log);
    const queues = environment.roles.has('worker') ? await openQueues(environment.redisUrl, databaseUrl, pulse) : null;
    if (queues !== null) closers.push(() => queues.close());
    const port = environment.listen.port === 0 ? await freePort() : environment.listen.port;
    const issuer = environment.issuer ?? `http://localhost:${port}`;
    const besides = environment.localSlack ? catalog : null;
    const localSlack = besides && (await openLocalSlack(besides, `http://localhost:${port}/slack/events`));
    if (localSlack !== null) closers.push(() => localSlack.close());
    return {
      issuer,
      environment: { ...environment, listen: { ...environment.listen, port } },
      log,
      masterKey,
      pool,
      seals,
      pulse,
      keyRing,
      slack: localSlack?.connection ?? environment.slack,
      localSlack,
      databaseUrl,
      observation,
      queues,
      close,
    };
  } catch (error) {
    await close();
    throw error;
  }
}

/** Our tables and the queue's, made by their owner; the broker's role gets data rights when it is another one. */
async function prepareTables(ownerUrl: string, brokerUrl: string, say: (line: string) => void): Promise<void> {
  await migrate(ownerUrl, join(ROOT, 'prisma', 'migrations'), say);
  const owner = createQueuePool(ownerUrl, 1);
  await migrateQueueSchema(owner, QUEUE_SCHEMA)
    .catch((error: unknown) => {
      // The serving role may not even look whether there is something to make; whoever opens the queue checks its tables.
      if (ownerUrl !== brokerUrl || (error as { code?: unknown }).code !== INSUFFICIENT_PRIVILEGE) throw error;
    })
    .finally(() => owner.end());
  await grantDataRights(ownerUrl, brokerUrl);
}

/** The embedded default applies the folder at every start; on somebody's database only when nothing was ever applied. */
async function applyConfiguration(
  environment: WritEnvironment,
  store: PostgresConfigurationStore,
  log: JsonLog,
): Promise<ReturnType<typeof readCatalog>['catalog'] | null> {
  const embedded = environment.database.kind === 'embedded';
  if (!embedded && (await store.currentVersion()) !== null) return null;
  if (makesDevelopmentKeys(environment)) {
    ensureDevelopmentKeys(environment.dataDir, idsWithDevelopmentKeys(environment.configDir));
  }
  const { catalog, policies, sha256 } = readCatalog(environment.configDir, environment.dataDir);
  const policyVersion = checkPolicies(policies, catalog, (odd) => log.line('warn', 'a policy is odd', { odd }));
  const changes = await store.apply({ catalog, policies, sha256, policyVersion }, SYSTEM);
  const data = { configuration: sha256, policy_version: policyVersion };
  for (const { message, facts } of businessLines(changes.map(() => ({ type: 'config.applied', actor: SYSTEM, data }))))
    log.info(message, facts);
  return catalog;
}

/** BullMQ on Redis where one is named, otherwise on its PostgreSQL backend. */
async function openQueues(redisUrl: string | null, databaseUrl: string, pulse: StorePulse): Promise<QueueConnection> {
  if (redisUrl !== null) return openQueueConnection({ redisUrl });
  return openQueueConnection({ pool: createQueuePool(databaseUrl, CONSUMED_QUEUES, pulse), schema: QUEUE_SCHEMA });
}

/** A port that was free a moment ago: the issuer's name must be known before anything listens. */
async function freePort(): Promise<number> {
  const probe = createServer();
  await new Promise<void>((resolve, reject) => probe.once('error', reject).listen(0, '127.0.0.1', resolve));
  const { port } = probe.address() as AddressInfo;
  await new Promise<void>((resolve) => probe.close(() => resolve()));
  return port;
}
