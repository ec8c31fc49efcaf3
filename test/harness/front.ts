import { readFileSync } from 'node:fs';
import { Agent, createServer, request, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

/** What nginx does with `proxy_next_upstream error timeout` and no more: a request that may have arrived is not sent twice. */
const IDEMPOTENT: ReadonlySet<string> = new Set(['GET', 'HEAD', 'PUT', 'DELETE', 'OPTIONS', 'TRACE']);
const CONFIGURATION = readFileSync('deploy/compose/nginx.conf', 'utf8');
/** As long as the shipped configuration passes over a process that refused a connection. */
const PASSED_OVER_MS = Number(/fail_timeout=(\d+)s/.exec(CONFIGURATION)?.[1]) * 1_000;
const KEPT = Number(/^\s+keepalive (\d+);/m.exec(CONFIGURATION)?.[1]);

/** A proxy before several processes that behaves as `deploy/compose/nginx.conf` has it. Its address is the issuer. */
export interface Front {
  readonly url: string;
  /** How often it turned to another process after one refused a connection, or broke it under an idempotent request. */
  readonly turned: () => number;
  /** What it could not get answered, in words. */
  readonly failures: readonly string[];
  close(): Promise<void>;
}

interface Upstream {
  readonly port: number;
  readonly agent: Agent;
  downUntil: number;
}

/** Round robin over these ports of this machine. The ports may not answer yet. */
export async function startFront(ports: readonly number[]): Promise<Front> {
  const upstreams = ports.map((port): Upstream => {
    const agent = new Agent({ keepAlive: true, maxFreeSockets: KEPT, scheduling: 'lifo' });
    return { port, agent, downUntil: 0 };
  });
  const failures: string[] = [];
  let turned = 0;
  let turn = 0;
  /** The next in turn that is not passed over and was not tried for this request. */
  const next = (tried: ReadonlySet<Upstream>): Upstream | undefined => {
    for (let step = 0; step < upstreams.length; step += 1) {
      const one = upstreams[(turn += 1) % upstreams.length] as Upstream;
      if (!tried.has(one) && one.downUntil < Date.now()) return one;
    }
    return undefined;
  };
  const pass = (incoming: IncomingMessage, outgoing: ServerResponse, body: Buffer, tried: Set<Upstream>): void => {
    const upstream = next(tried);
    const name = `${incoming.method} ${incoming.url}`;
    if (upstream === undefined) {
      failures.push(`${name}: no process is left`);
      return void outgoing.writeHead(502).end();
    }
    tried.add(upstream);
    const onward = send(upstream, incoming, outgoing, body);
    onward.on('error', (error: NodeJS.ErrnoException) => {
      if (outgoing.headersSent || outgoing.destroyed) return void outgoing.destroy();
      upstream.downUntil = Date.now() + PASSED_OVER_MS;
      const unsent = error.syscall === 'connect' || error.name === 'AggregateError';
      if (unsent || IDEMPOTENT.has(incoming.method ?? '')) {
        turned += 1;
        return pass(incoming, outgoing, body, tried);
      }
      failures.push(`${name}: ${error.code} ${onward.reusedSocket ? 'on a kept connection' : ''}`);
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
    turned: () => turned,
    failures,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
        for (const { agent } of upstreams) agent.destroy();
      }),
  };
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
