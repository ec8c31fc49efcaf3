import { connect, createServer, type AddressInfo, type Socket } from 'node:net';
import { setTimeout as pause } from 'node:timers/promises';

/** As seen from whoever connects: `up` is what it sends, `down` what it is answered. */
export type Direction = 'up' | 'down';

/** Stands between a broker and a store, and can do to its connections what networks do. */
export interface FaultProxy {
  /** The store's URL by way of this proxy. */
  readonly url: string;
  /** Ends every connection at once; new ones are taken. */
  cut(): void;
  /** Cuts whatever has carried so many more bytes in this direction, in the middle of what it was saying; resolves then. */
  cutAfter(bytes: number, direction: Direction): Promise<void>;
  /** Lets the next COMMIT through to PostgreSQL and cuts its connection before the answer; resolves once that has happened. */
  cutNextCommit(): Promise<void>;
  /** Holds everything up for so long, in both directions. 0: no longer. */
  delay(ms: number): void;
  /** Cuts what there is and takes no connection until `admit`. */
  refuse(): void;
  /**
   * Says nothing more, in either direction: for ever on the connections that stand, which nobody cuts, and until `admit`
   * on new ones too.
   * @param which `standing`: new ones are carried
   */
  swallow(which: 'all' | 'standing'): void;
  admit(): void;
  close(): Promise<void>;
}

/** A simple query, as the driver sends it: type, length of the rest, text, zero. */
const COMMIT = Buffer.from('Q\0\0\0\x0bcommit\0', 'latin1');
/** How the server says that it has committed. */
const COMMITTED = Buffer.from('COMMIT\0', 'latin1');

interface Budget {
  readonly direction: Direction;
  left: number;
  readonly spent: () => void;
}

/** What is to be done to the connections, shared by all of them. */
interface Faults {
  delayMs: number;
  refusing: boolean;
  swallowing: boolean;
  /** Sockets of which nothing is carried any more. */
  readonly dead: WeakSet<Socket>;
  budget: Budget | null;
  commit: (() => void) | null;
}

/** @param storeUrl of PostgreSQL or Redis, reached over plain TCP without TLS */
export async function startFaultProxy(storeUrl: string): Promise<FaultProxy> {
  const target = new URL(storeUrl);
  const faults: Faults = {
    delayMs: 0,
    refusing: false,
    swallowing: false,
    dead: new WeakSet(),
    budget: null,
    commit: null,
  };
  const sockets = new Set<Socket>();
  const cut = (): void => sockets.forEach((socket) => void socket.destroy());
  const server = createServer((client) => {
    if (faults.refusing) return void client.resetAndDestroy();
    if (faults.swallowing) {
      faults.dead.add(client);
      sockets.add(client.on('error', () => undefined).on('close', () => sockets.delete(client)));
      return void client.resume();
    }
    join(client, connect(Number(target.port), target.hostname), sockets, faults);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const url = new URL(storeUrl);
  url.host = `127.0.0.1:${(server.address() as AddressInfo).port}`;
  return {
    url: url.href,
    cut,
    cutAfter: (bytes, direction) =>
      new Promise((resolve) => (faults.budget = { direction, left: bytes, spent: resolve })),
    cutNextCommit: () => new Promise((resolve) => (faults.commit = resolve)),
    delay: (ms) => void (faults.delayMs = ms),
    refuse: () => {
      faults.refusing = true;
      cut();
    },
    swallow: (which) => {
      faults.swallowing = which === 'all';
      sockets.forEach((socket) => void faults.dead.add(socket));
    },
    admit: () => void ([faults.refusing, faults.swallowing] = [false, false]),
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        cut();
      }),
  };
}

/** Carries bytes both ways until either side, or a fault, ends it. */
function join(client: Socket, upstream: Socket, sockets: Set<Socket>, faults: Faults): void {
  const end = (): void => [client, upstream].forEach((socket) => void socket.destroy());
  for (const socket of [client, upstream]) {
    sockets.add(socket);
    socket.on('error', end).on('close', () => {
      sockets.delete(socket);
      end();
    });
  }
  let awaited: (() => void) | null = null;
  carry('up', client, upstream, faults, (chunk) => {
    if (faults.commit === null || !chunk.includes(COMMIT)) return chunk;
    [awaited, faults.commit] = [faults.commit, null];
    return chunk;
  });
  carry('down', upstream, client, faults, (chunk) => {
    if (awaited === null) return chunk;
    if (chunk.includes(COMMITTED)) {
      end();
      awaited();
    }
    return null;
  });
}

/** @param pass what of a chunk goes on; `null`: nothing */
function carry(
  direction: Direction,
  from: Socket,
  to: Socket,
  faults: Faults,
  pass: (chunk: Buffer) => Buffer | null,
): void {
  // In order, also when the delay changes in between.
  let before: Promise<unknown> = Promise.resolve();
  let waiting = 0;
  const write = (chunk: Buffer): void => {
    const { budget } = faults;
    if (budget === null || budget.direction !== direction || budget.left >= chunk.length) {
      if (budget?.direction === direction) budget.left -= chunk.length;
      return void to.write(chunk);
    }
    faults.budget = null;
    to.write(chunk.subarray(0, budget.left), () => {
      from.destroy();
      budget.spent();
    });
  };
  from.on('data', (data: Buffer) => {
    const chunk = faults.dead.has(from) ? null : pass(data);
    if (chunk === null) return;
    const { delayMs } = faults;
    if (delayMs === 0 && waiting === 0) return write(chunk);
    const due = performance.now() + delayMs;
    waiting += 1;
    before = before
      .then(() => pause(Math.max(0, due - performance.now())))
      .then(() => {
        waiting -= 1;
        if (!to.destroyed) write(chunk);
      });
  });
}
