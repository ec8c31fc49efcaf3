import type pg from 'pg';
import type { Transaction } from '#escalations/ports.js';

/** Where a statement runs: on any connection of a pool, or on the one of a transaction. */
export type Queryable = pg.Pool | pg.PoolClient;

/** The store, for what has a statement of its own to add to a transaction. */
export interface RunsOnClient {
  runOn<T>(work: (tx: Transaction, client: pg.PoolClient) => Promise<T>): Promise<T>;
}
