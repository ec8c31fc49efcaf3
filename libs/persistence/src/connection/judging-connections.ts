import type pg from 'pg';
import type { Seals } from '#escalations/ports.js';

const JUDGES = new WeakMap<object, Seals>();

/** Has every statement over this pool judge the seals of the ends it reads, whichever connection it takes. The last one named judges. */
export function judgeOver(pool: pg.Pool, seals: Seals): void {
  const listens = JUDGES.has(pool);
  JUDGES.set(pool, seals);
  if (!listens) pool.on('acquire', (client) => void JUDGES.set(client, JUDGES.get(pool) as Seals));
}

/**
 * The seals by which rows read over this connection are judged. `null` where nobody has the master key: then every row
 * that ends authority is believed, and none that would give it back.
 */
export function judgeOf(db: pg.Pool | pg.ClientBase): Seals | null {
  return JUDGES.get(db) ?? null;
}
