import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { WebSocket } from 'ws';
import { onFreePort } from '../../harness/brokers/broker.js';
import { until } from '../../harness/judges/until.js';

/** Packages, or files of them, that a process loads when they are first wanted. */
const LOADED_LATE = [
  '@nestjs/swagger',
  '@opentelemetry/exporter-trace-otlp-http',
  '@opentelemetry/sdk-trace-base',
  '@prisma/adapter-pg',
  '@prisma/client',
  '@prisma/schema-engine-wasm',
  '@simplewebauthn/server',
  '@slack/bolt',
  '@slack/oauth',
  '@slack/socket-mode',
  'class-validator/cjs/index.js',
  'express',
  'libphonenumber-js',
  'nodemailer',
  'oauth4webapi',
  'openid-client',
  'undici',
];
/** MiB; some 180 on the machine that it was measured on, where 240 were held before. */
const RESIDENT_MAX = 230;
const START_MS = 90_000;

interface Started {
  readonly child: ChildProcess;
  readonly wrote: () => string;
}

describe('a broker with every role, the embedded database and the local Slack, of which nobody wants anything yet', () => {
  const dataDir = mkdtempSync(join(tmpdir(), 'writ-idle-'));
  let broker: Started;

  beforeAll(async () => {
    // The first start makes the database; it is the next one that is measured.
    await end(await start(dataDir));
    broker = await start(dataDir);
  }, 2 * START_MS);

  afterAll(async () => {
    await end(broker);
    rmSync(dataDir, { recursive: true, force: true });
  });

  const itOnLinux = process.platform === 'linux' ? it : it.skip;
  itOnLinux(`holds less than ${RESIDENT_MAX} MiB of memory`, () => {
    const status = readFileSync(`/proc/${broker.child.pid}/status`, 'utf8');
    expect(Number(/^VmRSS:\s+(\d+) kB/m.exec(status)?.[1]) / 1024).toBeLessThan(RESIDENT_MAX);
  });

  it('has loaded nothing of what few use', async () => {
    const loaded = await scriptsOf(broker);
    expect(loaded.filter((url) => url.includes('/node_modules/bullmq/')).length).toBeGreaterThan(0);
    const early = LOADED_LATE.filter((name) => loaded.some((url) => url.includes(`/node_modules/${name}`)));
    expect(early).toEqual([]);
  });

  it('holds one WebAssembly, that of Cedar', async () => {
    const loaded = await scriptsOf(broker);
    // What Node and its lexer of CommonJS bring themselves is a hundredth of it.
    expect(loaded.filter((url) => url.startsWith('wasm:') && url.endsWith(' large'))).toHaveLength(1);
  });
});

/** The compiled program, as `npm start` runs it, with Node's inspector to ask. */
function start(dataDir: string): Promise<Started> {
  return onFreePort(async (port) => {
    const args = ['--inspect=127.0.0.1:0', 'tools/start.mjs', 'dist/apps/broker/src/main.js'];
    const env = {
      PATH: process.env['PATH'],
      HOME: process.env['HOME'],
      WRIT_DATA_DIR: dataDir,
      WRIT_PORT: String(port),
    };
    const child = spawn(process.execPath, args, { env, stdio: ['ignore', 'pipe', 'pipe'] });
    let text = '';
    for (const stream of [child.stdout, child.stderr])
      stream.on('data', (chunk: Buffer) => void (text += String(chunk)));
    const started = { child, wrote: () => text };
    await until(
      'the process is ready',
      () => {
        if (child.exitCode !== null) throw new Error(`the process ended: ${text}`);
        return /^Writ is ready at/m.test(text);
      },
      START_MS,
    );
    return started;
  });
}

async function end({ child }: Started): Promise<void> {
  if (child.exitCode !== null) return;
  const gone = once(child, 'exit');
  child.kill('SIGTERM');
  await gone;
}

/** The address of every script of the process's own thread; that of a WebAssembly of a MiB or more ends in ` large`. */
async function scriptsOf({ wrote }: Started): Promise<string[]> {
  const address = /Debugger listening on (ws:\S+)/.exec(wrote())?.[1] ?? '';
  const socket = new WebSocket(address);
  await once(socket, 'open');
  const urls: string[] = [];
  const enabled = new Promise<void>((resolve) => {
    socket.on('message', (data: Buffer) => {
      const message = JSON.parse(String(data)) as {
        id?: number;
        method?: string;
        params?: { url: string; length?: number };
      };
      if (message.method === 'Debugger.scriptParsed' && message.params !== undefined) {
        const { url, length = 0 } = message.params;
        urls.push(url.startsWith('wasm:') && length > 1024 * 1024 ? `${url} large` : url);
      }
      if (message.id === 1) resolve();
    });
  });
  socket.send(JSON.stringify({ id: 1, method: 'Debugger.enable' }));
  await enabled;
  socket.close();
  return urls;
}
