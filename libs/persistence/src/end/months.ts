import type { DatabasePool } from '../connection/pool.js';

/**
 * Has the database make the partitions of this month and the two to come, where they are missing. Bears being done twice,
 * late, or not at all: rows of a month that has none go to the default partition.
 */
export async function makeMonths(pool: Pick<DatabasePool, 'query'>): Promise<void> {
  await pool.query('select make_months()');
}
