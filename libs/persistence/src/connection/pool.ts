import pg from 'pg';
import { runAgain, type Renewable } from './run-again.js';
import { cutOff, type StorePulse } from './store-pulse.js';
import { NoConnection } from './store-fault.js';

/**
 * A named statement is planned once for each connection. Otherwise PostgreSQL plans it five times and goes on where a list
 * of known length promises a cheaper plan: measured, a third of what the database does for a request. Each statement must
 * therefore have a plan that is good for any of its parameters: the tests hold that of lists. No plan is compiled: what is
 * asked here is short, and PostgreSQL before 18 would take up to a second to compile a look-up for which it was told not to
 * read a table whole.
 */
const PLANNED_ONCE = '-c plan_cache_mode=force_generic_plan -c jit=off';

/** How long anything waits at most, in milliseconds: whoever calls is answered within five seconds. */
export const STORE_LIMITS = {
  /** For a connection, new or of the pool. */
  connect: 4_000,
  /** For a lock. */
  lock: 3_000,
  /** For the answer to a statement; `patient` lets one take longer. */
  answer: 4_000,
  /** For a long one, here and in the server. */
  longAnswer: 15_000,
} as const;

/** A connection is replaced after this, so that none outlives what it was opened to for long. */
const LIFETIME_SECONDS = 15 * 60;
const KEEPALIVE_MS = 10_000;

/**
 * The same pool for what reads or deletes a lot, where a statement may take as long as the server lets it. Silence ends
 * it as soon as any other.
 */
export function patient(pool: DatabasePool): Pick<DatabasePool, 'query'> {
  const query = (asked: string | pg.QueryConfig, values?: unknown[]): Promise<unknown> =>
    pool.query({
      ...(typeof asked === 'string' ? { text: asked, values } : asked),
      query_timeout: STORE_LIMITS.longAnswer + 1_000,
    } as pg.QueryConfig);
  return { query } as Pick<DatabasePool, 'query'>;
}

/** The pool as an injectable class: type and token in one. */
export class DatabasePool extends pg.Pool {}

/**
 * A pool whose waits end. A statement outside a transaction that others have undone, or whose plan has outlived the
 * schema, is run again. Connections from before a `renew` are not handed out any more.
 */
class BoundedPool extends DatabasePool implements Renewable {
  generation = 0;
  private readonly born = new WeakMap<pg.PoolClient, number>();

  constructor(
    config: pg.PoolConfig,
    private readonly pulse: StorePulse | null,
  ) {
    super(config);
    pulse?.watch(this);
    this.on('connect', (client) => void this.born.set(client, this.generation));
    // Its overloads cannot be overridden as a method.
    const once = super.query.bind(this) as (...given: unknown[]) => Promise<unknown>;
    Object.assign(this, { query: (...given: unknown[]) => runAgain(this, () => once(...given)) });
  }

  override connect(): Promise<pg.PoolClient>;
  override connect(callback: Parameters<pg.Pool['connect']>[0]): void;
  override connect(callback?: Parameters<pg.Pool['connect']>[0]): Promise<pg.PoolClient> | void {
    const taken = this.take();
    if (callback === undefined) return taken;
    taken.then(
      (client) => callback(undefined, client, (fault) => client.release(fault as Error | undefined)),
      (fault: Error) => callback(fault, undefined, () => undefined),
    );
  }

  /** Lets no connection that stands now be used again once it has done what it is at. */
  renew(seen = this.generation): void {
    if (seen === this.generation) this.generation += 1;
  }

  private async take(): Promise<pg.PoolClient> {
    await this.pulse?.beats();
    for (;;) {
      const client = await this.untilSilence(super.connect());
      if (this.born.get(client) === this.generation) return client;
      cutOff(client);
      client.release(true);
    }
  }

  /** Rejects as soon as the store is taken for gone; a connection that comes later goes back. */
  private untilSilence(connecting: Promise<pg.PoolClient>): Promise<pg.PoolClient> {
    return new Promise((resolve, reject) => {
      let waits = true;
      const stop = this.pulse?.onSilence((fault) => {
        waits = false;
        reject(fault);
      });
      connecting
        .then(
          (client) => (waits ? resolve(client) : client.release()),
          (fault: unknown) => reject(new NoConnection(fault)),
        )
        .finally(stop);
    });
  }
}

/**
 * The one pool of a process. Prisma's adapter and the raw statements share it, so that a process has one number of
 * connections to reason about.
 * @param options.pulse finds out when the database has fallen silent; without it only the limits do
 */
export function createPool(
  connectionString: string,
  options: { max?: number; applicationName?: string; pulse?: StorePulse } = {},
): DatabasePool {
  const pool = new BoundedPool(
    {
      connectionString,
      max: options.max ?? 20,
      application_name: options.applicationName ?? 'writ',
      connectionTimeoutMillis: STORE_LIMITS.connect,
      idleTimeoutMillis: 30_000,
      statement_timeout: STORE_LIMITS.longAnswer,
      lock_timeout: STORE_LIMITS.lock,
      query_timeout: STORE_LIMITS.answer,
      idle_in_transaction_session_timeout: 15_000,
      maxLifetimeSeconds: LIFETIME_SECONDS,
      options: PLANNED_ONCE,
      keepAlive: true,
      keepAliveInitialDelayMillis: KEEPALIVE_MS,
    },
    options.pulse ?? null,
  );
  outliveLostConnections(pool);
  return pool;
}

/**
 * Gives every connection a listener: idle or in somebody's hands, one that is cut tells so by an event, which without a
 * listener would end the process. The code that was using it reads the failure from its query; the pool replaces it.
 */
export function outliveLostConnections(pool: pg.Pool): void {
  pool.on('error', () => undefined);
  pool.on('connect', (client) => void client.on('error', () => undefined));
}
