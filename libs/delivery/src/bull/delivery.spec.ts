import { afterAll, describe, expect, it } from '@jest/globals';
import { spawn, spawnSync, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { createServer, type AddressInfo } from 'node:net';
import { Redis } from 'ioredis';
import { startEmbeddedPostgres, type EmbeddedPostgres } from '#persistence/embedded/embedded-postgres.js';
import { QUEUE_SCHEMA, createQueuePool } from '#persistence/schema/queue-pool.js';
import { environmentOfProcess } from '#platform/config/environment/process-environment.js';
import { migrateQueueSchema, openQueueConnection } from './connection.js';
import { describeDelivery } from './delivery.suite.js';
import { CONSUMED_QUEUES } from '../queues.js';
import { describeSchedules } from './schedules.suite.js';

describe('BullMQ on PostgreSQL', () => {
  let postgres: EmbeddedPostgres | undefined;
  afterAll(() => postgres?.stop());
  const postgresUrl = async (): Promise<string> =>
    (postgres ??= await startEmbeddedPostgres({ ephemeral: true, log: () => undefined })).url;

  describeDelivery('PostgreSQL', {
    open: async () => {
      const pool = createQueuePool(await postgresUrl(), CONSUMED_QUEUES);
      await expect(openQueueConnection({ pool, schema: QUEUE_SCHEMA })).rejects.toThrow('is not initialized');
      await migrateQueueSchema(pool, QUEUE_SCHEMA);
      return openQueueConnection({ pool, schema: QUEUE_SCHEMA });
    },
    cut: async () => {
      const pool = createQueuePool(postgres?.url ?? '', 0);
      await pool.query(
        `select pg_terminate_backend(pid) from pg_stat_activity where datname = current_database() and pid <> pg_backend_pid()`,
      );
      await pool.end();
    },
  });

  describeSchedules('PostgreSQL', {
    open: async () => {
      const pool = createQueuePool(await postgresUrl(), 2 * CONSUMED_QUEUES);
      await migrateQueueSchema(pool, QUEUE_SCHEMA);
      return openQueueConnection({ pool, schema: QUEUE_SCHEMA });
    },
    wipe: async () => {
      const pool = createQueuePool(postgres?.url ?? '', 0);
      await pool.query('truncate "job", "scheduler" cascade');
      await pool.end();
    },
  });
});

const given = environmentOfProcess().REDIS_URL;
const installed = spawnSync('redis-server', ['--version']).status === 0;
// Says why in the report, where there is none.
const describeRedis = given !== undefined || installed ? describe : describe.skip;

describeRedis('BullMQ on Redis (a redis-server on PATH, or REDIS_URL)', () => {
  const servers: ChildProcess[] = [];
  afterAll(async () => {
    for (const server of servers) {
      server.kill('SIGTERM');
      if (server.exitCode === null && server.signalCode === null) await once(server, 'exit');
    }
  });

  async function startRedis(...options: string[]): Promise<string> {
    const port = await freePort();
    const args = ['--port', String(port), '--bind', '127.0.0.1', '--save', '', '--appendonly', 'no', ...options];
    const server = spawn('redis-server', args, { stdio: ['ignore', 'pipe', 'ignore'] });
    servers.push(server);
    await new Promise<void>((resolve, reject) => {
      server.once('exit', () => reject(new Error('redis-server ended')));
      server.stdout.on('data', (chunk: Buffer) => {
        if (chunk.includes('Ready to accept connections')) resolve();
      });
    });
    return `redis://127.0.0.1:${port}`;
  }

  let url: string | undefined;
  // Its own server where it can: the suites cut connections and wipe.
  const redisUrl = async (): Promise<string> => (url ??= installed ? await startRedis() : (given ?? ''));
  describeDelivery('Redis', {
    open: async () => {
      return openQueueConnection({ redisUrl: await redisUrl(), prefix: `test-${process.pid}-${Date.now()}` });
    },
    cut: async () => {
      const client = new Redis(await redisUrl());
      await client.call('CLIENT', 'KILL', 'TYPE', 'normal');
      await client.quit();
    },
  });

  const prefix = `test-schedules-${process.pid}`;
  describeSchedules('Redis', {
    open: async () => openQueueConnection({ redisUrl: await redisUrl(), prefix }),
    wipe: async () => {
      const client = new Redis(await redisUrl());
      if (installed) await client.flushall();
      else await client.del(await client.keys(`${prefix}:*`));
      await client.quit();
    },
  });

  it('refuses a Redis that may evict jobs, in words for the person who runs it', async () => {
    if (!installed) return;
    const url = await startRedis('--maxmemory-policy', 'volatile-lru');
    await expect(openQueueConnection({ redisUrl: url })).rejects.toThrow(
      'The Redis of REDIS_URL has maxmemory-policy volatile-lru: when memory is short it would drop jobs. Set it to noeviction.',
    );
    const client = new Redis(url);
    await client.config('SET', 'maxmemory-policy', 'noeviction');
    await client.quit();
    await (await openQueueConnection({ redisUrl: url })).close();
  });

  it('refuses a Redis that is not there, and does not quote its URL', async () => {
    const redisUrl = `redis://:secret@127.0.0.1:${await freePort()}`;
    const refusal = await openQueueConnection({ redisUrl }).catch((error: Error) => error.message);
    expect(refusal).toContain('The Redis of REDIS_URL cannot be used');
    expect(refusal).not.toContain('secret');
  });
});

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return port;
}
