import { spawn } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer, type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import type { Front } from './fronting.js';
import { until } from '../judges/until.js';

/**
 * HAProxy itself before these ports, with a configuration of ours in which only the addresses are others.
 * @param seenMs after how long it has asked every process at least once
 */
export async function startHaproxy(
  program: string,
  configuration: string,
  ports: readonly number[],
  seenMs: number,
): Promise<Front> {
  const folder = await mkdtemp(join(tmpdir(), 'writ-haproxy-'));
  const port = await freePort();
  const file = join(folder, 'haproxy.cfg');
  await writeFile(file, placed(configuration, port, ports));
  const child = spawn(program, ['-db', '-f', file], { stdio: ['ignore', 'pipe', 'pipe'] });
  const gone = new Promise<void>((resolve) => child.once('close', () => resolve()));
  const said: string[] = [];
  child.stdout.on('data', (chunk: Buffer) => said.push(chunk.toString()));
  child.stderr.on('data', (chunk: Buffer) => said.push(chunk.toString()));
  const url = `http://localhost:${port}`;
  await until('HAProxy listens', async () => {
    if (child.exitCode !== null) throw new Error(`HAProxy ended: ${said.join('')}`);
    return fetch(url).catch(() => null);
  });
  return {
    url,
    all: () => pause(seenMs),
    turned: () => 0,
    failures: [],
    close: async () => {
      child.kill('SIGKILL');
      await gone;
      await rm(folder, { recursive: true, force: true });
    },
  };
}

function placed(configuration: string, port: number, ports: readonly number[]): string {
  const servers = ports.map((one, index) => `  server api-${index + 1} 127.0.0.1:${one}`);
  return configuration
    .replace('bind :3000', `bind 127.0.0.1:${port}`)
    .replace(/^ {2}server .*\n?/gm, '')
    .replace(' resolvers docker init-addr last,libc,none', '')
    .trimEnd()
    .concat('\n', servers.join('\n'), '\n');
}

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise<void>((resolve) => server.close(() => resolve()));
  return port;
}
