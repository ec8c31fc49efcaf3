import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { Redis } from 'ioredis';
import { freePort } from './broker.js';

/** A Redis that nobody else uses, for one world: its job ids start at 1 as everybody's do. */
export interface TestRedis {
  readonly url: string;
  close(): Promise<void>;
}

const GIVEN = process.env['REDIS_URL'];
const INSTALLED = spawnSync('redis-server', ['--version']).status === 0;

/** Whether this machine has a redis-server on PATH, or REDIS_URL names a Redis that runs. */
export const REDIS_IS_HERE = INSTALLED || GIVEN !== undefined;

/** A redis-server of its own, or else an empty database of the Redis that REDIS_URL names. */
export function startRedis(): Promise<TestRedis> {
  return INSTALLED ? ownServer() : emptyDatabase(GIVEN ?? '');
}

async function ownServer(): Promise<TestRedis> {
  const port = String(await freePort());
  const memoryOnly = ['--save', '', '--appendonly', 'no', '--maxmemory-policy', 'noeviction'];
  const server = spawn('redis-server', ['--port', port, '--bind', '127.0.0.1', ...memoryOnly], {
    stdio: ['ignore', 'pipe', 'ignore'],
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.once('exit', () => reject(new Error('redis-server ended')));
    server.stdout.on('data', (chunk: Buffer) => {
      if (chunk.includes('Ready to accept connections')) resolve();
    });
  });
  return {
    url: `redis://127.0.0.1:${port}`,
    close: async () => {
      server.kill('SIGTERM');
      if (server.exitCode === null && server.signalCode === null) await once(server, 'exit');
    },
  };
}

/** Takes the first database that holds nothing, by a key that says so; empties it again at the end. */
async function emptyDatabase(given: string): Promise<TestRedis> {
  for (let index = 15; index > 0; index -= 1) {
    const url = new URL(given);
    url.pathname = `/${index}`;
    const client = new Redis(url.href, { maxRetriesPerRequest: 1 });
    const mine = (await client.dbsize()) === 0 && (await client.set('writ-test', 'taken', 'NX')) === 'OK';
    if (!mine) {
      client.disconnect();
      continue;
    }
    return {
      url: url.href,
      close: async () => {
        await client.flushdb();
        client.disconnect();
      },
    };
  }
  throw new Error('the Redis of REDIS_URL has no empty database');
}
