import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { randomBytes } from 'node:crypto';
import type pg from 'pg';
import { PostgresEscalations } from '#persistence/ask/postgres-escalations.js';
import { Journal } from '#persistence/connection/journal.js';
import { RandomIds } from '#persistence/connection/random-ids.js';
import { appendHistory, enqueueThreads, outcomesOf } from '#persistence/sql/history.js';
import { PostgresUses, usesOf } from '#persistence/use/postgres-uses.js';
import { PostgresBefore } from '#persistence/watch/postgres-before.js';
import { MasterKeySeals } from '#tokens/master-key-seals.js';
import { cloneDatabase, type Database } from '../harness/world/database.js';
import { insertAgent, insertToken, toEscalation, toGrant } from './lifecycle-rows.js';

const OLD_MONTHS = 100;
/**
 * What was drawn today may have happened within the slack of clocks, 32 days: last month, in the first days of a month the
 * one before it too; this one, two ahead, the default.
 */
const MONTHS_MAX = 6;
const ids = new RandomIds();
const journal = new Journal(ids, new MasterKeySeals(randomBytes(32)));

let database: Database;
let agent: string;
let escalation: string;

beforeAll(async () => {
  database = await cloneDatabase(process.env['WRIT_TEST_SERVER_URL'] ?? '');
  for (const table of ['events', 'token_uses']) await makeOldMonths(table);
  agent = await insertAgent(database.pool);
  escalation = await toEscalation(database.pool, agent, 'pending');
}, 60_000);
afterAll(() => database.drop());

/** A hundred months before the present one, in the place of the one part that holds all of them at first. */
async function makeOldMonths(table: string): Promise<void> {
  const { rows } = await database.pool.query<{ part: string }>(
    `select c.relname as "part" from pg_class c where c.relispartition and c.relname like $1`,
    [`${table}\\_until\\_%`],
  );
  await database.pool.query(`alter table "${table}" detach partition "${rows[0]!.part}"`);
  const first = (ago: number): string =>
    `date_trunc('month', now() at time zone 'UTC') at time zone 'UTC' + interval '1 month' - interval '${ago} months'`;
  for (let ago = 1; ago <= OLD_MONTHS; ago += 1) {
    const { rows: bounds } = await database.pool.query<{ from: string; to: string }>(
      `select (${first(ago)})::text as "from", (${first(ago - 1)})::text as "to"`,
    );
    await database.pool.query(
      `create table "${table}_old_${ago}" partition of "${table}" for values from ('${bounds[0]!.from}') to ('${bounds[0]!.to}')`,
    );
  }
}

/** The parts of `table` that work opens, when it has been done often enough for PostgreSQL to keep a plan. */
async function opened(table: string, work: (client: pg.PoolClient) => Promise<unknown>): Promise<string[]> {
  const client = await database.pool.connect();
  try {
    let parts: string[] = [];
    for (let round = 0; round < 8; round += 1) {
      await client.query('begin');
      await work(client);
      const { rows } = await client.query<{ part: string }>(
        `select distinct c.relname::text as "part" from pg_locks l join pg_inherits i on i.inhrelid = l.relation
         join pg_class c on c.oid = i.inhrelid where l.pid = pg_backend_pid() and i.inhparent = to_regclass($1)`,
        [table],
      );
      parts = rows.map(({ part }) => part);
      await client.query('rollback');
    }
    return parts;
  } finally {
    client.release();
  }
}

const grt = ids.next('grt');
const esc = ids.next('esc');

describe('a hundred old months', () => {
  it('are there, and opened by who asks for all of them', async () => {
    expect((await opened('events', (db) => db.query(`select count(*) from "events"`))).length).toBeGreaterThan(
      OLD_MONTHS,
    );
  });

  it('are not opened by who appends', async () => {
    const entries = Array.from({ length: 5 }, () => ({
      type: 'grant.ready' as const,
      actor: { kind: 'system' as const, id: 'writ' },
      escalation,
    }));
    expect(await opened('events', (db) => appendHistory(db, entries, Date.now(), journal))).toHaveLength(1);
    const grant = await toGrant(database.pool, agent, 'active');
    const jti = await insertToken(database.pool, grant);
    const use = { grantId: grant, verifier: 'v', callId: 'c', callHash: 'h', action: 'a', identifier: null, mac: 'm' };
    const answer = { allowed: false as const, code: 'ended' };
    const write = (db: pg.PoolClient) => new PostgresUses(db).insert({ ...use, jti, answer } as never);
    expect(await opened('token_uses', write)).toHaveLength(1);
  });

  it.each<[string, string, (db: pg.PoolClient) => Promise<unknown>]>([
    ['what came of a grant', 'events', (db) => outcomesOf(db, grt, journal)],
    [
      'what its thread is to be told',
      'events',
      (db) => {
        const actor = { kind: 'system' as const, id: 'writ' };
        return enqueueThreads(db, [{ type: 'token.use_refused', actor, escalation: esc, grant: grt }]);
      },
    ],
    ['what was shown of a request', 'events', (db) => new PostgresBefore(db).of(esc, 'card')],
    ['the uses of a grant', 'token_uses', (db) => usesOf(db, grt)],
    [
      'whether a call was answered',
      'token_uses',
      (db) => new PostgresUses(db).ofCall(ids.next('tok'), 'verifier', 'call'),
    ],
  ])('cost who asks %s nothing', async (_what, table, read) => {
    const parts = await opened(table, read);
    expect(parts.length).toBeGreaterThan(0);
    expect(parts.length).toBeLessThanOrEqual(MONTHS_MAX);
  });

  it('are not opened by who reads a request', async () => {
    expect(await opened('events', (db) => new PostgresEscalations(db).byId(escalation))).toEqual([]);
    const cancelled = await toEscalation(database.pool, agent, 'cancelled');
    const parts = await opened('events', (db) => new PostgresEscalations(db).byId(cancelled));
    expect(parts.length).toBeGreaterThan(0);
    expect(parts.length).toBeLessThanOrEqual(MONTHS_MAX);
  });
});
