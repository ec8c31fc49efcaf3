import type pg from 'pg';
import type { DatabasePool } from './pool.js';
import { runAgain } from './run-again.js';
import { breaksConnection } from './store-fault.js';

/**
 * BEGIN … COMMIT on one pooled connection. Runs `work` again when the server has undone it because of others, so it may
 * change nothing but its transaction; what follows the commit belongs behind this call.
 */
export function inTransaction<T>(pool: DatabasePool, work: (client: pg.PoolClient) => Promise<T>): Promise<T> {
  return runAgain(pool, () => once(pool, work));
}

async function once<T>(pool: DatabasePool, work: (client: pg.PoolClient) => Promise<T>): Promise<T> {
  const client = await pool.connect();
  let broken: Error | undefined;
  try {
    await client.query('begin');
    const result = await work(client);
    const { command } = await client.query('commit');
    // Said without an error when `work` has passed over one.
    if (command === 'ROLLBACK') throw new Error('the transaction had failed before its commit');
    return result;
  } catch (error) {
    broken = await undone(client, error);
    throw error instanceof Error ? error : new Error(String(error));
  } finally {
    client.release(broken);
  }
}

/** A connection to a store that cannot serve, or that cannot roll back, is in an unknown state and leaves the pool. */
async function undone(client: pg.PoolClient, error: unknown): Promise<Error | undefined> {
  if (error instanceof Error && breaksConnection(error)) return error;
  try {
    await client.query('rollback');
    return undefined;
  } catch (failure) {
    return failure as Error;
  }
}
