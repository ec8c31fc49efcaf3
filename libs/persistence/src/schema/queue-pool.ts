import pg from 'pg';
import { outliveLostConnections } from '../connection/pool.js';
import type { StorePulse } from '../connection/store-pulse.js';

/** The schema in which BullMQ keeps its tables, apart from ours. */
export const QUEUE_SCHEMA = 'bullmq';

/**
 * The pool that all queues of a process share when BullMQ runs on PostgreSQL. Left to itself BullMQ opens one for each
 * queue and each worker.
 * @param consumers queues that this process consumes: each keeps one connection for LISTEN
 * @param pulse finds out when the database has fallen silent
 */
export function createQueuePool(connectionString: string, consumers: number, pulse?: StorePulse): pg.Pool {
  const pool = new pg.Pool({
    connectionString: withSearchPath(connectionString),
    max: consumers + 4,
    application_name: 'writ queue',
    connectionTimeoutMillis: 5_000,
    idleTimeoutMillis: 30_000,
    statement_timeout: 15_000,
    // Nobody waits for the queue; but what its server never answers would be waited for.
    query_timeout: 16_000,
    keepAlive: true,
    keepAliveInitialDelayMillis: 10_000,
  });
  outliveLostConnections(pool);
  pulse?.watch(pool);
  // Each queue and each consumer listens for its errors.
  pool.setMaxListeners(0);
  return pool;
}

/** Options in the string win over those beside it, so the search path goes into the string. */
function withSearchPath(connectionString: string): string {
  const url = new URL(connectionString);
  const given = url.searchParams.get('options');
  const searchPath = `-c search_path=${QUEUE_SCHEMA}`;
  url.searchParams.set('options', given === null ? searchPath : `${given} ${searchPath}`);
  return url.href;
}
