import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type pg from 'pg';
import { CounterAlarm, KeepCounters, type MendedCounters } from '#escalations/ask/keep-counters.js';
import { PostgresCounterUpkeep } from '#persistence/ask/postgres-counter-upkeep.js';
import { createPool, type DatabasePool } from '#persistence/connection/pool.js';
import { until } from '../harness/judges/until.js';
import { cloneDatabase, type Database } from '../harness/world/database.js';
import { bothFacts } from './both-facts.js';
import { grantIn, insertAgent, insertRow, refusalOf, toEscalation, toGrant } from './lifecycle-rows.js';

let database: Database;
let brokers: DatabasePool;
let pool: pg.Pool;

beforeAll(async () => {
  database = await cloneDatabase(process.env['WRIT_TEST_SERVER_URL'] ?? '');
  brokers = createPool(database.url);
  pool = database.pool;
});
afterAll(async () => {
  await brokers.end();
  await database.drop();
});

class Told extends CounterAlarm {
  readonly mended: MendedCounters[] = [];
  override raise(mended: readonly MendedCounters[]): void {
    this.mended.push(...mended);
  }
}

/** One run of upkeep, over all agents of these tests. @returns what it told */
async function upkeep(): Promise<readonly MendedCounters[]> {
  const told = new Told();
  await new KeepCounters(new PostgresCounterUpkeep(brokers), told).execute();
  return told.mended;
}

/** Edits counters as their owner can who means it. */
async function edit(statement: string, values: readonly unknown[]): Promise<void> {
  const client = await pool.connect();
  try {
    await client.query(`set "writ.counters" = 'kept'`);
    const { rowCount } = await client.query(statement, [...values]);
    expect(rowCount).toBeGreaterThan(0);
  } finally {
    await client.query('reset "writ.counters"');
    client.release();
  }
}

async function agentWithGrants(number: number): Promise<string> {
  const uid = await insertAgent(pool);
  for (let nth = 0; nth < number; nth += 1) await toGrant(pool, uid, nth % 3 === 2 ? 'revoked' : 'ready');
  await toEscalation(pool, uid, 'denied');
  return uid;
}

const lanes = async (uid: string): Promise<number> =>
  (await pool.query<{ n: number }>('select count(*)::int as "n" from "agent_counters" where "agent_uid" = $1', [uid]))
    .rows[0]!.n;

async function expectTrue(uid: string): Promise<void> {
  const { lookedUp, counted } = await bothFacts(pool, uid);
  expect(lookedUp).toEqual(counted);
}

describe('counters that somebody altered', () => {
  it.each<[string, string, Partial<MendedCounters>]>([
    [
      'open grants fewer',
      `update "agent_counters" set "open_grants" = "open_grants" - 3 where "agent_uid" = $1`,
      { open: -3 },
    ],
    ['a lane gone', `delete from "agent_counters" where "agent_uid" = $1`, { open: -4 }],
    ['totals gone', `delete from "agent_tallies" where "agent_uid" = $1`, { open: 0 }],
    [
      'a total lowered',
      `update "agent_tallies" t set "upto" = t."upto" - 2 where t."agent_uid" = $1 and t."what" <> ''
         and t."at" = (select max(x."at") from "agent_tallies" x where x."agent_uid" = $1 and x."what" = t."what")`,
      { instants: 1 },
    ],
    [
      'a total moved',
      `update "agent_tallies" set "at" = "at" - interval '2 hours' where "agent_uid" = $1`,
      { open: 0 },
    ],
    [
      'totals that do not follow one another',
      `update "agent_tallies" set "before" = "before" + 5, "upto" = "upto" + 5 where "agent_uid" = $1 and "before" > 1`,
      { instants: 1 },
    ],
  ])('are mended and told: %s', async (_what, statement, told) => {
    const uid = await agentWithGrants(6);
    await upkeep();
    await expectTrue(uid);
    await edit(statement, [uid]);
    expect((await upkeep()).filter(({ agentUid }) => agentUid === uid)).toEqual([expect.objectContaining(told)]);
    await expectTrue(uid);
    expect(await upkeep()).toEqual([]);
    await toGrant(pool, uid, 'ready');
    await expectTrue(uid);
  });

  it('are mended while a transaction counts that has not ended', async () => {
    const uid = await agentWithGrants(4);
    await edit(`update "agent_counters" set "open_grants" = 99 where "agent_uid" = $1`, [uid]);
    const client = await pool.connect();
    try {
      await client.query('begin');
      await insertRow(
        client as unknown as pg.Pool,
        'grants',
        grantIn(uid, await toEscalation(pool, uid, 'approved'), 'ready'),
      );
      expect((await upkeep()).filter(({ agentUid }) => agentUid === uid)).toEqual([]);
      await client.query('commit');
    } finally {
      client.release();
    }
    expect((await upkeep()).filter(({ agentUid }) => agentUid === uid)).toHaveLength(1);
    await expectTrue(uid);
  });

  it('cannot be altered by a statement of its owner, nor emptied', async () => {
    for (const [table, column] of [
      ['agent_counters', 'open_grants'],
      ['agent_tallies', 'upto'],
      ['stops_unwritten', 'agent_uid'],
    ] as const) {
      expect(await refusalOf(pool.query(`update "${table}" set "${column}" = 0`))).toBe('23514');
      expect(await refusalOf(pool.query(`delete from "${table}"`))).toBe('23514');
      expect(await refusalOf(pool.query(`truncate "${table}"`))).toBe('23514');
    }
  });
});

describe('lanes', () => {
  it('are opened where another counts, so that nobody waits, and folded by upkeep without a word', async () => {
    const uid = await agentWithGrants(3);
    const clients = await Promise.all([pool.connect(), pool.connect()]);
    const escalations = [await toEscalation(brokers, uid, 'approved'), await toEscalation(brokers, uid, 'approved')];
    for (const [nth, client] of clients.entries()) {
      await client.query(`begin; set local lock_timeout = '200ms'`);
      await insertRow(client as unknown as pg.Pool, 'grants', grantIn(uid, escalations[nth] ?? '', 'ready'));
    }
    for (const client of clients) {
      await client.query('commit');
      client.release();
    }
    expect(await lanes(uid)).toBe(2);
    await expectTrue(uid);
    await edit(`insert into "agent_counters" ("agent_uid") select $1 from generate_series(1, 5)`, [uid]);
    expect(await upkeep()).toEqual([]);
    expect(await lanes(uid)).toBe(1);
    await expectTrue(uid);
  });
});

describe('totals that no window reaches', () => {
  it('are forgotten, and what is left goes on', async () => {
    const uid = await insertAgent(pool);
    for (const hours of [30, 26, 2]) {
      const at = new Date(Date.now() - hours * 3_600_000);
      await insertRow(pool, 'grants', {
        ...grantIn(uid, await toEscalation(pool, uid, 'approved'), 'ready'),
        created_at: at,
      });
    }
    expect(await upkeep()).toEqual([]);
    const { rows } = await pool.query('select "upto"::int as "upto" from "agent_tallies" where "agent_uid" = $1', [
      uid,
    ]);
    expect(rows).toEqual([{ upto: 3 }]);
    await expectTrue(uid);
    await toGrant(pool, uid, 'ready');
    await expectTrue(uid);
  });
});

describe('a stop', () => {
  const unwritten = async (): Promise<number> =>
    (await pool.query<{ n: number }>('select count(*)::int as "n" from "stops_unwritten"')).rows[0]!.n;
  const stop = (subject: string): Promise<unknown> =>
    pool.query(
      `insert into "kill_switches" ("kind", "subject", "not_before", "mac") values ('task', $1, clock_timestamp(), 'm')`,
      [subject],
    );

  it('has every open grant that it may touch judged until its ends are written, and costs nothing after that', async () => {
    const uid = await insertAgent(pool);
    const grant = await toGrant(pool, uid, 'ready');
    await stop(`${uid}/run-1`);
    for (let run = 0; run < 3; run += 1) {
      expect((await bothFacts(pool, uid)).lookedUp.open).toBe(0);
      await upkeep();
      expect(await unwritten()).toBe(1);
    }
    await pool.query(
      `update "grants" set "status" = 'revoked', "last_change" = 'revoked', "ended_at" = clock_timestamp(), "end_reason" = 'revoked_by_person' where "id" = $1`,
      [grant],
    );
    // Transactions of other databases of the server are waited for too.
    await until('the stop is written off', async () => {
      await upkeep();
      return (await unwritten()) === 0;
    });
    await expectTrue(uid);
  });

  it('is remembered while somebody may not know of it, though nothing is open yet that it has ended', async () => {
    const uid = await insertAgent(pool);
    const early = await pool.connect();
    try {
      await early.query('begin');
      const escalation = await toEscalation(early as unknown as pg.Pool, uid, 'approved');
      await stop(`${uid}/run-1`);
      for (let run = 0; run < 3; run += 1) await upkeep();
      expect(await unwritten()).toBe(1);
      await insertRow(early as unknown as pg.Pool, 'grants', grantIn(uid, escalation, 'ready'));
      await early.query('commit');
    } finally {
      early.release();
    }
    expect((await bothFacts(pool, uid)).lookedUp.open).toBe(0);
    await expectTrue(uid);
    await upkeep();
    expect(await unwritten()).toBe(1);
  });
});

describe('what it costs to look facts up', () => {
  interface Plan {
    readonly Plan: Readonly<Record<'Shared Hit Blocks' | 'Shared Read Blocks', number>>;
  }

  it('is the same for an agent with ten thousand live grants as for one with a single one', async () => {
    const [many, single] = [await insertAgent(pool), await agentWithGrants(1)];
    const escalation = await toEscalation(pool, many, 'approved');
    await toGrant(pool, many, 'ready');
    await pool.query(
      `with asked as (
         insert into "escalations" select (jsonb_populate_record(e, jsonb_build_object('id', e."id" || n, 'deferral_hash', '\\x' || md5(n::text),
           'ask_order', 1000000 + n))).* from "escalations" e, generate_series(1, 10000) n where e."id" = $1 returning "id")
       insert into "grants" select (jsonb_populate_record(g, jsonb_build_object('id', a."id", 'escalation_id', a."id",
           'created_at', clock_timestamp() - random() * interval '24 hours'))).* from asked a, "grants" g where g."agent_uid" = $2`,
      [escalation, many],
    );
    await pool.query('vacuum analyze');
    const buffers = async (uid: string): Promise<number> => {
      const client = await pool.connect();
      try {
        // The first call of a connection reads the catalogues.
        for (let run = 0; ; run += 1) {
          const { rows } = await client.query<{ 'QUERY PLAN': Plan[] }>(
            `explain (analyze, buffers, format json) select agent_facts(${uid}, '{refund.create}', null)`,
          );
          const plan = rows[0]?.['QUERY PLAN'][0]?.Plan;
          if (run === 2) return (plan?.['Shared Hit Blocks'] ?? NaN) + (plan?.['Shared Read Blocks'] ?? NaN);
        }
      } finally {
        client.release();
      }
    };
    expect((await bothFacts(pool, many)).lookedUp).toMatchObject({ open: 10_001 });
    const [ofMany, ofOne, ofNone] = [
      await buffers(many),
      await buffers(single),
      await buffers(await insertAgent(pool)),
    ];
    expect(ofMany).toBeLessThanOrEqual(40);
    expect(ofMany).toBeLessThanOrEqual(ofOne * 1.5);
    expect(ofMany).toBeLessThanOrEqual(ofNone + 25);
  }, 60_000);
});
