import { readFileSync } from 'node:fs';
import { Agent, createServer, request, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as pause } from 'node:timers/promises';
import type { Front } from './fronting.js';
import { startHaproxy } from './haproxy.js';
import { until } from '../judges/until.js';

const CONFIGURATION = readFileSync('deploy/compose/haproxy.cfg', 'utf8');
/** How often each process is asked whether it is ready, and how long it may take to say so. */
const CHECK_MS = Number(/ check inter (\d+)ms fall 1 rise 1 /.exec(CONFIGURATION)?.[1]);
const CHECK_TIMEOUT_MS = Number(/timeout check (\d+)s/.exec(CONFIGURATION)?.[1]) * 1_000;

interface Upstream {
  readonly port: number;
  readonly agent: Agent;
  isReady: boolean;
}

/** Round robin over these ports of this machine. The ports may not answer yet. `WRIT_HAPROXY` names a program to do it. */
export function startFront(ports: readonly number[]): Promise<Front> {
  const program = process.env['WRIT_HAPROXY'];
  return program === undefined ? startOwn(ports) : startHaproxy(program, CONFIGURATION, ports, 2 * CHECK_MS);
}

async function startOwn(ports: readonly number[]): Promise<Front> {
  const upstreams = ports.map((port): Upstream => {
    return { port, agent: new Agent({ keepAlive: true, scheduling: 'lifo' }), isReady: false };
  });
  let isOpen = true;
  for (const upstream of upstreams) void keepAsking(upstream, () => isOpen);
  const failures: string[] = [];
  let turned = 0;
  let turn = 0;
  /** The next in turn that is ready and was not tried for this request. */
  const next = (tried: ReadonlySet<Upstream>): Upstream | undefined => {
    for (let step = 0; step < upstreams.length; step += 1) {
      const one = upstreams[(turn += 1) % upstreams.length] as Upstream;
      if (!tried.has(one) && one.isReady) return one;
    }
    return undefined;
  };
  const pass = (incoming: IncomingMessage, outgoing: ServerResponse, body: Buffer, tried: Set<Upstream>): void => {
    const upstream = next(tried);
    if (upstream === undefined) return void outgoing.writeHead(503, { 'retry-after': '2' }).end();
    tried.add(upstream);
    const onward = send(upstream, incoming, outgoing, body);
    onward.on('error', (error: NodeJS.ErrnoException) => {
      if (outgoing.headersSent || outgoing.destroyed) return void outgoing.destroy();
      // What may have arrived is not sent twice.
      if (error.syscall === 'connect' || error.name === 'AggregateError') {
        turned += 1;
        return pass(incoming, outgoing, body, tried);
      }
      failures.push(
        `${incoming.method} ${incoming.url}: ${error.code} ${onward.reusedSocket ? 'on a kept connection' : ''}`,
      );
      outgoing.writeHead(502).end();
    });
  };
  const server = createServer((incoming, outgoing) => {
    const chunks: Buffer[] = [];
    incoming.on('data', (chunk: Buffer) => chunks.push(chunk));
    incoming.on('end', () => pass(incoming, outgoing, Buffer.concat(chunks), new Set()));
  });
  // Clients that come back on a connection of theirs are not what is tried here.
  server.keepAliveTimeout = 120_000;
  await new Promise<void>((resolve) => server.listen(0, 'localhost', resolve));
  return {
    url: `http://localhost:${(server.address() as AddressInfo).port}`,
    all: async () => void (await until('every process is ready', () => upstreams.every((one) => one.isReady), 60_000)),
    turned: () => turned,
    failures,
    close: () =>
      new Promise((resolve) => {
        isOpen = false;
        server.close(() => resolve());
        server.closeAllConnections();
        for (const { agent } of upstreams) agent.destroy();
      }),
  };
}

async function keepAsking(upstream: Upstream, going: () => boolean): Promise<void> {
  while (going()) {
    upstream.isReady = await readiness(upstream.port);
    await pause(CHECK_MS);
  }
}

async function readiness(port: number): Promise<boolean> {
  const signal = AbortSignal.timeout(CHECK_TIMEOUT_MS);
  const answer = await fetch(`http://127.0.0.1:${port}/readyz`, { signal }).catch(() => null);
  await answer?.body?.cancel();
  return answer?.status === 200;
}

/** Hands the request on with the name that the client used; the answer streams back. */
function send(upstream: Upstream, incoming: IncomingMessage, outgoing: ServerResponse, body: Buffer) {
  const { connection: _, 'keep-alive': __, 'transfer-encoding': ___, ...headers } = incoming.headers;
  const { method, url: path } = incoming;
  const { agent, port } = upstream;
  const sized = body.length > 0 || 'content-length' in headers ? { 'content-length': String(body.length) } : {};
  const onward = request({ host: '127.0.0.1', port, agent, method, path, headers: { ...headers, ...sized } });
  onward.on('response', (answer) => {
    const { connection: ____, 'keep-alive': _____, ...kept } = answer.headers;
    outgoing.writeHead(answer.statusCode ?? 502, kept);
    answer.pipe(outgoing);
    answer.on('error', () => outgoing.destroy());
  });
  outgoing.on('close', () => void (outgoing.writableFinished || onward.destroy()));
  onward.end(body);
  return onward;
}
