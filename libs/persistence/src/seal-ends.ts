import type pg from 'pg';
import type { Seals } from '#escalations/ports.js';
import { inTransaction } from './in-transaction.js';
import type { DatabasePool } from './pool.js';
import { sealBare, type RecordKind } from './sql/sealed-records.js';

const sealer =
  (kind: RecordKind) =>
  (client: pg.PoolClient, seals: Seals): Promise<number> =>
    sealBare(client, kind, (content) => seals.mac(kind, content));

/** Seals what stands from before these kinds had seals, each within one transaction. Answers how many rows. */
export const SEALERS_OF_ENDS = {
  suspension: sealer('suspension'),
  kill: sealer('kill'),
  review: sealer('review'),
} as const satisfies Readonly<Record<RecordKind, unknown>>;

/**
 * Seals what a migration has left to be sealed: once, by whoever has the master key and comes first. Before anything is
 * judged, or what is only late would be told as broken.
 */
export async function sealStandingEnds(pool: DatabasePool, seals: Seals): Promise<void> {
  const { rowCount } = await pool.query('select 1 from "seals_pending" limit 1');
  if (rowCount === 0) return;
  await inTransaction(pool, async (client) => {
    await client.query(`select pg_advisory_xact_lock(hashtextextended('writ:seals', 0))`);
    for (const kind of Object.keys(SEALERS_OF_ENDS) as RecordKind[]) {
      const pending = await client.query(`select 1 from "seals_pending" where "kind" = $1`, [kind]);
      if (pending.rowCount === 0) continue;
      await SEALERS_OF_ENDS[kind](client, seals);
      await client.query(`delete from "seals_pending" where "kind" = $1`, [kind]);
    }
  });
}
