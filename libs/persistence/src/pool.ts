import pg from 'pg';

/** The pool as an injectable class: type and token in one. */
export class DatabasePool extends pg.Pool {}

/**
 * The one pool of a process. Prisma's adapter and the raw statements share it, so that a process has one number of
 * connections to reason about.
 */
export function createPool(
  connectionString: string,
  options: { max?: number; applicationName?: string } = {},
): DatabasePool {
  const pool = new DatabasePool({
    connectionString,
    max: options.max ?? 20,
    application_name: options.applicationName ?? 'writ',
    connectionTimeoutMillis: 5_000,
    idleTimeoutMillis: 30_000,
    statement_timeout: 15_000,
    lock_timeout: 5_000,
    idle_in_transaction_session_timeout: 15_000,
  });
  outliveLostConnections(pool);
  return pool;
}

/**
 * Gives every connection a listener: idle or in somebody's hands, one that is cut tells so by an event, which without a
 * listener would end the process. Whoever was using it reads the failure from its query; the pool replaces it.
 */
export function outliveLostConnections(pool: pg.Pool): void {
  pool.on('error', () => undefined);
  pool.on('connect', (client) => void client.on('error', () => undefined));
}

/** True for errors that say «the database is not there now», which callers answer with 503. */
export function isUnavailable(error: unknown): boolean {
  const code = (error as { code?: unknown }).code;
  if (typeof code !== 'string')
    return (
      error instanceof Error && /Connection terminated|timeout exceeded when trying to connect/.test(error.message)
    );
  return (
    code.startsWith('08') ||
    code.startsWith('57P') ||
    ['ECONNREFUSED', 'ECONNRESET', 'EPIPE', 'ETIMEDOUT', '53300', '55P03', '57014'].includes(code)
  );
}
