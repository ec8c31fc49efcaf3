import type pg from 'pg';
import { SWEPT_AT_ONCE } from '#escalations/end/close-overdue.js';
import { createPool } from '#persistence/connection/pool.js';
import { useCasesOf } from '../../harness/world/sealed.js';
import { figure, inRounds, type Bench, type Figures } from '../figure.js';
import { cloneGrants, withFleet } from '../seed.js';
import { holdMany, openField, type Field, type Held } from '../sides/field.js';

const SWEPT = 5_000;
/** What a bare sweep does best with. */
const BARE_BATCH = 1_000;

const BARE_TABLE = `create table "bare_grants" (like "grants" including all)`;

const BARE_ROWS = `insert into "bare_grants" select g.* from "grants" g where g."id" = any($1)`;

const BARE_SWEEP = {
  name: 'bare-sweep',
  text: `with due as materialized (
           select "id" from "bare_grants" where "status" in ('ready', 'active') and "deadline" <= clock_timestamp()
           order by "deadline" limit $1 for update skip locked)
         update "bare_grants" g set "status" = 'expired', "last_change" = 'expired', "version" = "version" + 1, "ended_at" = "deadline",
           "end_reason" = 'ttl'
         from due where g."id" = due."id"`,
};

/** Overdue grants ended a second, each with its history, against a bare UPDATE of as many rows of the same shape. */
export const sweepRows: Bench = {
  name: 'sweep_rows',
  gives: ['sweep_rows'],
  run: async ({ rounds }): Promise<Figures> => {
    const field = await openField({ processes: ['api'], change: withFleet });
    const pool = createPool(field.world.database.url);
    try {
      const template = (await holdMany(field, 1))[0] as Held;
      await field.world.database.pool.query(BARE_TABLE);
      await swept(field, pool, template, SWEPT / 10);
      const { ours, bare } = await inRounds(rounds, {
        ours: () => swept(field, pool, template, SWEPT),
        bare: () => updated(field, template, SWEPT),
      });
      const name = `a bare UPDATE of as many rows of the same shape, no triggers, ${BARE_BATCH} a commit`;
      return { sweep_rows: figure(ours, bare, 'rows/s', name) };
    } finally {
      await pool.end();
      await field.close();
    }
  },
};

/** By the product's own sweeper, outside a broker, so that nothing else is measured. */
async function swept(
  field: Field,
  pool: ReturnType<typeof createPool>,
  template: Held,
  count: number,
): Promise<number> {
  const closing = useCasesOf(field.world, pool).closeOverdue;
  await cloneGrants(field.world, template, count, Date.now() - 1);
  const began = performance.now();
  let all = 0;
  for (;;) {
    const { ended, failures } = await closing.sweep(SWEPT_AT_ONCE);
    if (failures.length > 0) throw failures[0] as Error;
    if (ended === 0) break;
    all += ended;
  }
  if (all !== count) throw new Error(`${all} of ${count} rows were swept`);
  return count / ((performance.now() - began) / 1000);
}

async function updated({ world }: Field, template: Held, count: number): Promise<number> {
  const { pool } = world.database;
  const grants = await cloneGrants(world, template, count, Date.now() - 1);
  await pool.query(BARE_ROWS, [grants]);
  await pool.query(`analyze "bare_grants"`);
  const began = performance.now();
  for (let all = 0; all < count;) all += await one(pool);
  const perSecond = count / ((performance.now() - began) / 1000);
  // The rows that were copied are nobody's to end: the next round sweeps its own.
  await withoutTriggers(
    pool,
    `update "grants" set "status" = 'expired', "ended_at" = "deadline", "end_reason" = 'ttl' where "id" = any($1)`,
    grants,
  );
  return perSecond;
}

async function one(pool: pg.Pool): Promise<number> {
  const { rowCount } = await pool.query({ ...BARE_SWEEP, values: [BARE_BATCH] });
  if (rowCount === 0 || rowCount === null) throw new Error('a row was not updated');
  return rowCount;
}

async function withoutTriggers(pool: pg.Pool, statement: string, ids: readonly string[]): Promise<void> {
  const client = await pool.connect();
  try {
    await client.query('begin');
    await client.query('set local session_replication_role = replica');
    await client.query(statement, [ids]);
    await client.query('commit');
  } finally {
    client.release();
  }
}
