import type pg from 'pg';
import type { SealedRows } from './sealed-rows.js';

const JUDGES = new WeakMap<object, SealedRows>();

/** Has every statement over this pool judge the seals of the ends it reads, whichever connection it takes. */
export function judgeOver(pool: pg.Pool, sealed: SealedRows): void {
  JUDGES.set(pool, sealed);
  pool.on('acquire', (client) => void JUDGES.set(client, sealed));
}

/**
 * Who judges what is read over this connection. `null` where nobody has the master key: then every end is believed, and
 * nothing that would give authority back.
 */
export function judgeOf(db: pg.Pool | pg.ClientBase): SealedRows | null {
  return JUDGES.get(db) ?? null;
}
