import { afterAll, describe, expect, it } from '@jest/globals';
import { spawn, spawnSync, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Redis } from 'ioredis';
import { openQueueConnection } from './connection.js';
import { describeDelivery } from './delivery.suite.js';
import { RedisCell } from './redis-cell.js';
import { untilTrue } from '../testing/until-true.js';

const installed = spawnSync('redis-server', ['--version']).status === 0;
const describeKinds = installed ? describe : describe.skip;
const MEMORY_ONLY = ['--bind', '127.0.0.1', '--save', '', '--appendonly', 'no', '--maxmemory-policy', 'noeviction'];

describeKinds('BullMQ on Redis of several servers (a redis-server on PATH)', () => {
  const servers: ChildProcess[] = [];
  const folder = mkdtempSync(join(tmpdir(), 'writ-redis-'));
  afterAll(async () => {
    for (const server of servers) {
      server.kill('SIGTERM');
      if (server.exitCode === null && server.signalCode === null) await once(server, 'exit');
    }
    rmSync(folder, { recursive: true, force: true });
  });

  /** Starts a server and waits until it answers. */
  async function start(port: number, args: readonly string[]): Promise<Redis> {
    servers.push(spawn('redis-server', [...args, '--port', String(port), '--dir', folder], { stdio: 'ignore' }));
    const client = new Redis({ port, host: '127.0.0.1', lazyConnect: true, retryStrategy: () => 50 });
    client.on('error', () => undefined);
    await client.connect().catch(() => undefined);
    await untilTrue(async () => (await client.ping()) === 'PONG');
    return client;
  }

  const urls: string[] = [];
  let node: Redis | undefined;
  const cut = async (): Promise<void> => {
    await node?.call('CLIENT', 'KILL', 'TYPE', 'normal', 'SKIPME', 'yes');
  };
  afterAll(() => node?.disconnect());

  describeDelivery('a Redis cluster', {
    open: async () => {
      const port = await freePort();
      const alone = ['--cluster-enabled', 'yes', '--cluster-announce-ip', '127.0.0.1'];
      node = await start(port, [...alone, '--cluster-config-file', `nodes-${port}`, ...MEMORY_ONLY]);
      await node.call('CLUSTER', 'ADDSLOTSRANGE', '0', '16383');
      await untilTrue(async () => String(await node?.call('CLUSTER', 'INFO')).includes('cluster_state:ok'));
      urls.push(`redis+cluster://127.0.0.1:${port}`);
      return openQueueConnection({ redisUrl: urls[0] ?? '', prefix: 'test' });
    },
    cut,
  });

  describeDelivery('a Redis that Sentinels name', {
    open: async () => {
      node?.disconnect();
      const port = await freePort();
      node = await start(port, MEMORY_ONLY);
      const sentinelPort = await freePort();
      const file = join(folder, 'sentinel.conf');
      writeFileSync(file, `sentinel monitor jobs 127.0.0.1 ${port} 1\n`);
      (await start(sentinelPort, [file, '--sentinel', '--bind', '127.0.0.1'])).disconnect();
      urls.push(`redis+sentinel://127.0.0.1:${sentinelPort}/jobs`);
      return openQueueConnection({ redisUrl: urls[1] ?? '', prefix: 'test' });
    },
    cut,
  });

  it('keep a text that only who has read it replaces', async () => {
    for (const url of urls) {
      const cell = new RedisCell(url, 'test:cell');
      expect(await cell.read()).toBe(null);
      expect([await cell.replace('other', 'a'), await cell.replace(null, 'b'), await cell.read()]).toEqual([
        false,
        true,
        'b',
      ]);
      cell.close();
    }
  });
});

async function freePort(): Promise<number> {
  // A cluster node listens on its port and on the one ten thousand above.
  const port = 20_000 + Math.floor(Math.random() * 10_000);
  const server = createServer();
  try {
    server.listen(port, '127.0.0.1');
    await once(server, 'listening');
    return (server.address() as AddressInfo).port;
  } catch {
    return await freePort();
  } finally {
    server.close();
  }
}
