import { connect, createServer, type AddressInfo, type Socket } from 'node:net';

/** Stands between a broker and PostgreSQL and can cut a connection when it matters. */
export interface CuttingProxy {
  /** The database's URL by way of this proxy. */
  readonly url: string;
  /** Lets the next COMMIT through and cuts its connection before the answer; resolves once that has happened. */
  cutNextCommit(): Promise<void>;
  close(): Promise<void>;
}

/** A simple query, as the driver sends it: type, length of the rest, text, zero. */
const COMMIT = Buffer.from('Q\0\0\0\x0bcommit\0', 'latin1');
/** How the server says that it has committed. */
const COMMITTED = Buffer.from('COMMIT\0', 'latin1');

/** @param databaseUrl a plain TCP connection without TLS */
export async function startCuttingProxy(databaseUrl: string): Promise<CuttingProxy> {
  const target = new URL(databaseUrl);
  const sockets = new Set<Socket>();
  let cut: (() => void) | undefined;
  const server = createServer((client) => {
    const upstream = connect(Number(target.port), target.hostname);
    const end = (): void => void [client, upstream].forEach((socket) => socket.destroy());
    let awaited: (() => void) | undefined;
    for (const socket of [client, upstream]) {
      sockets.add(socket);
      socket.on('error', end).on('close', () => {
        sockets.delete(socket);
        end();
      });
    }
    client.on('data', (chunk) => {
      if (cut !== undefined && chunk.includes(COMMIT)) {
        awaited = cut;
        cut = undefined;
      }
      upstream.write(chunk);
    });
    upstream.on('data', (chunk) => {
      if (awaited === undefined) return void client.write(chunk);
      if (!chunk.includes(COMMITTED)) return;
      end();
      awaited();
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const url = new URL(databaseUrl);
  url.host = `127.0.0.1:${(server.address() as AddressInfo).port}`;
  return {
    url: url.href,
    cutNextCommit: () => new Promise((resolve) => (cut = resolve)),
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        for (const socket of sockets) socket.destroy();
      }),
  };
}
