import type pg from 'pg';

/** Where a statement runs: on any connection of a pool, or on the one of a transaction. */
export type Queryable = pg.Pool | pg.PoolClient;
