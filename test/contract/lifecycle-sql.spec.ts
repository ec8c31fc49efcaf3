import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import {
  ESCALATION_BIRTH,
  ESCALATION_CHANGES,
  ESCALATION_STATES,
  nextEscalationStatus,
} from '#domain/escalation/lifecycle.js';
import { GRANT_BIRTH, GRANT_CHANGES, GRANT_STATES, nextGrantStatus } from '#domain/grant/lifecycle.js';
import { cloneDatabase, type Database } from '../harness/world/database.js';
import {
  escalationIn,
  grantIn,
  insertAgent,
  insertRow,
  refusalOf,
  TERMINAL_ESCALATIONS,
  TERMINAL_GRANTS,
  toEscalation,
  toGrant,
} from './lifecycle-rows.js';

let database: Database;
let agent: string;

beforeAll(async () => {
  const server = process.env['WRIT_TEST_SERVER_URL'];
  if (server === undefined) throw new Error('the run has no PostgreSQL: start Jest with npm test');
  database = await cloneDatabase(server);
});
afterAll(() => database.drop());
beforeEach(async () => {
  agent = await insertAgent(database.pool);
});

interface Row {
  readonly from: string;
  readonly change: string;
  readonly to: string;
}

async function tableOf(name: string): Promise<Row[]> {
  const { rows } = await database.pool.query<Row>(
    `select "from_status" as "from", "change", "to_status" as "to" from "${name}" order by 1, 2`,
  );
  return rows;
}

function expected(
  births: Readonly<Record<string, string>>,
  states: readonly string[],
  changes: readonly string[],
  next: (from: string, change: string) => string | null,
): Row[] {
  const born = Object.entries(births).map(([change, to]) => ({ from: '', change, to }));
  const moved = states.flatMap((from) =>
    changes.flatMap((change) => ((to) => (to === null ? [] : [{ from, change, to }]))(next(from, change))),
  );
  return [...born, ...moved].sort((a, b) => (a.from + a.change < b.from + b.change ? -1 : 1));
}

const byKey = (rows: readonly Row[]): Row[] =>
  [...rows].sort((a, b) => (a.from + a.change < b.from + b.change ? -1 : 1));
const nextEscalation = nextEscalationStatus as (from: string, change: string) => string | null;
const nextGrant = nextGrantStatus as (from: string, change: string) => string | null;

describe('the table in TypeScript is the table in SQL', () => {
  it('of an escalation', async () => {
    expect(byKey(await tableOf('escalation_transitions'))).toEqual(
      expected(ESCALATION_BIRTH, ESCALATION_STATES, ESCALATION_CHANGES, nextEscalation),
    );
  });

  it('of a grant', async () => {
    expect(byKey(await tableOf('grant_transitions'))).toEqual(
      expected(GRANT_BIRTH, GRANT_STATES, GRANT_CHANGES, nextGrant),
    );
  });
});

const pairs = (
  births: Readonly<Record<string, string>>,
  states: readonly string[],
  changes: readonly string[],
): [from: string, change: string, to: string][] =>
  states.flatMap((from) =>
    [...Object.keys(births), ...changes].flatMap((change) =>
      states.map((to): [string, string, string] => [from, change, to]),
    ),
  );

describe('an escalation in PostgreSQL', () => {
  it.each(
    Object.keys(ESCALATION_BIRTH)
      .concat(ESCALATION_CHANGES)
      .flatMap((change) => ESCALATION_STATES.map((to) => [change, to] as const)),
  )('born by %s as %s, as the table says', async (change, to) => {
    const births: Readonly<Record<string, string>> = ESCALATION_BIRTH;
    const refusal = await refusalOf(
      insertRow(database.pool, 'escalations', { ...escalationIn(agent, to), last_change: change }),
    );
    expect(refusal === null).toBe(births[change] === to);
  });

  it.each(pairs(ESCALATION_BIRTH, ESCALATION_STATES, ESCALATION_CHANGES))(
    '%s by %s to %s, as the table says',
    async (from, change, to) => {
      const id = await toEscalation(database.pool, agent, from);
      const settled = escalationIn(agent, to);
      const refusal = await refusalOf(
        database.pool.query(
          `update "escalations" set "status" = $2, "last_change" = $3, "decided_at" = $4, "denial" = $5, "granted" = $6, "grant_digest" = $7 where "id" = $1`,
          [id, to, change, settled['decided_at'], settled['denial'], settled['granted'], settled['grant_digest']],
        ),
      );
      expect(refusal === null).toBe(nextEscalation(from, change) === to);
    },
  );
});

describe('a grant in PostgreSQL', () => {
  it.each(
    Object.keys(GRANT_BIRTH)
      .concat(GRANT_CHANGES)
      .flatMap((change) => GRANT_STATES.map((to) => [change, to] as const)),
  )('born by %s as %s, as the table says', async (change, to) => {
    const births: Readonly<Record<string, string>> = GRANT_BIRTH;
    const escalation = await toEscalation(database.pool, agent, 'approved');
    const refusal = await refusalOf(
      insertRow(database.pool, 'grants', { ...grantIn(agent, escalation, to), last_change: change }),
    );
    expect(refusal === null).toBe(births[change] === to);
  });

  it.each(pairs(GRANT_BIRTH, GRANT_STATES, GRANT_CHANGES))(
    '%s by %s to %s, as the table says',
    async (from, change, to) => {
      const id = await toGrant(database.pool, agent, from);
      const next = grantIn(agent, '', to);
      const refusal = await refusalOf(
        database.pool.query(
          `update "grants" set "status" = $2, "last_change" = $3, "ended_at" = $4, "end_reason" = $5,
           "activated_at" = coalesce("activated_at", $6), "expires_at" = coalesce("expires_at", $7),
           "deadline" = coalesce("expires_at", $7, "ready_until"), "uses" = "uses" + case when $3 = 'used' then 1 else 0 end where "id" = $1`,
          [id, to, change, next['ended_at'], next['end_reason'], next['activated_at'], next['expires_at']],
        ),
      );
      expect(refusal === null).toBe(nextGrant(from, change) === to);
    },
  );
});

describe('what has ended absorbs: no column changes again', () => {
  async function columnsOf(table: string): Promise<string[]> {
    const { rows } = await database.pool.query<{ name: string }>(
      `select "column_name" as "name" from "information_schema"."columns" where "table_name" = $1`,
      [table],
    );
    return rows.map((row) => row.name);
  }

  it.each(TERMINAL_ESCALATIONS)('a %s escalation', async (status) => {
    const id = await toEscalation(database.pool, agent, status);
    for (const column of await columnsOf('escalations')) {
      expect([
        column,
        await refusalOf(
          database.pool.query(`update "escalations" set "${column}" = "${column}" where "id" = $1`, [id]),
        ),
      ]).toEqual([column, '23514']);
    }
  });

  it.each(TERMINAL_GRANTS)('a %s grant', async (status) => {
    const id = await toGrant(database.pool, agent, status);
    for (const column of await columnsOf('grants')) {
      expect([
        column,
        await refusalOf(database.pool.query(`update "grants" set "${column}" = "${column}" where "id" = $1`, [id])),
      ]).toEqual([column, '23514']);
    }
  });
});
