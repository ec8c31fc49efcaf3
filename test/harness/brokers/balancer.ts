import { createServer, request } from 'node:http';
import type { AddressInfo } from 'node:net';

/** Stands before several brokers and hands each request to the next one in turn, as Slack's payloads reach any replica. */
export interface Balancer {
  readonly url: string;
  close(): Promise<void>;
}

/** @param bases where the brokers answer */
export async function startBalancer(bases: readonly string[]): Promise<Balancer> {
  let turn = 0;
  const server = createServer((incoming, outgoing) => {
    const base = bases[(turn += 1) % bases.length] as string;
    // Each broker answers to its own name alone.
    const headers = { ...incoming.headers, host: new URL(base).host };
    const onward = request(`${base}${incoming.url}`, { method: incoming.method, headers }, (answer) => {
      outgoing.writeHead(answer.statusCode ?? 502, answer.headers);
      answer.pipe(outgoing);
    });
    onward.on('error', () => outgoing.writeHead(502).end());
    incoming.pipe(onward);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}
