import type { World } from './world.js';

/** How many escalations, grants, tokens and kept answers there are, in this order. */
export async function rowsOfAsks({ database }: World): Promise<number[]> {
  const tables = ['escalations', 'grants', 'tokens', 'idempotency_keys'];
  const counts = tables.map((table) => database.pool.query<{ n: number }>(`select count(*)::int as n from "${table}"`));
  return (await Promise.all(counts)).map(({ rows }) => rows[0]?.n ?? 0);
}
