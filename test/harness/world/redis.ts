import { spawn, spawnSync, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { Redis } from 'ioredis';
import { freePort } from '../brokers/broker.js';

/** A Redis that nobody else uses, for one world: its job ids start at 1 as everybody's do. */
export interface TestRedis {
  readonly url: string;
  close(): Promise<void>;
}

/** A redis-server of the test's own, to which anything may be done. */
export interface OwnRedis extends TestRedis {
  /** Freezes and thaws the server: connections stay and nothing answers. */
  freeze(): void;
  thaw(): void;
  /** Ends it without a word; it keeps nothing. */
  kill(): Promise<void>;
  /** Starts it again where it was, empty. */
  restart(): Promise<void>;
  /** Runs one command, e.g. `FLUSHALL`. */
  command(name: string, ...given: string[]): Promise<unknown>;
}

const GIVEN = process.env['REDIS_URL'];
/** Whether this machine has a redis-server on PATH. */
export const REDIS_IS_INSTALLED = spawnSync('redis-server', ['--version']).status === 0;

/** Whether this machine has a redis-server on PATH, or REDIS_URL names a Redis that runs. */
export const REDIS_IS_HERE = REDIS_IS_INSTALLED || GIVEN !== undefined;

/** A redis-server of its own, or else an empty database of the Redis that REDIS_URL names. */
export function startRedis(): Promise<TestRedis> {
  return REDIS_IS_INSTALLED ? startOwnRedis() : emptyDatabase(GIVEN ?? '');
}

/** A redis-server on a port of its own; only where one is on PATH. */
export async function startOwnRedis(): Promise<OwnRedis> {
  const port = await freePort();
  const url = `redis://127.0.0.1:${port}`;
  let server = await serve(port);
  const kill = async (): Promise<void> => {
    if (server.exitCode !== null || server.signalCode !== null) return;
    const gone = once(server, 'exit');
    server.kill('SIGKILL');
    await gone;
  };
  return {
    url,
    freeze: () => void server.kill('SIGSTOP'),
    thaw: () => void server.kill('SIGCONT'),
    kill,
    restart: async () => {
      await kill();
      server = await serve(port);
    },
    command: (name, ...given) => asked(url, (client) => client.call(name, ...given)),
    close: kill,
  };
}

/** Memory only: what it held is gone when it ends. */
async function serve(port: number): Promise<ChildProcess> {
  const memoryOnly = ['--save', '', '--appendonly', 'no', '--maxmemory-policy', 'noeviction'];
  const server = spawn('redis-server', ['--port', String(port), '--bind', '127.0.0.1', ...memoryOnly], {
    stdio: ['ignore', 'pipe', 'ignore'],
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.once('exit', () => reject(new Error('redis-server ended')));
    server.stdout.on('data', (chunk: Buffer) => {
      if (chunk.includes('Ready to accept connections')) resolve();
    });
  });
  return server;
}

/** Everything that this Redis holds, keys and values, as text. */
export function everythingIn(url: string): Promise<string> {
  return asked(url, async (client) => {
    const keys = await client.keys('*');
    const held = await Promise.all(keys.map(async (key) => [key, await valueOf(client, key)]));
    return JSON.stringify(held);
  });
}

async function valueOf(client: Redis, key: string): Promise<unknown> {
  switch (await client.type(key)) {
    case 'string':
      return client.get(key);
    case 'hash':
      return client.hgetall(key);
    case 'list':
      return client.lrange(key, 0, -1);
    case 'set':
      return client.smembers(key);
    case 'zset':
      return client.zrange(key, 0, '-1');
    case 'stream':
      return client.xrange(key, '-', '+');
    default:
      return null;
  }
}

async function asked<T>(url: string, ask: (client: Redis) => Promise<T>): Promise<T> {
  const client = new Redis(url, { maxRetriesPerRequest: 1 });
  client.on('error', () => undefined);
  try {
    return await ask(client);
  } finally {
    client.disconnect();
  }
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
