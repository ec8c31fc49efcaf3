import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { readAsk } from '../harness/actors/agent.js';
import { created, setStage, type Stage } from '../harness/world/stage.js';

const WARM = 8;
const CALLS = 12;

let stage: Stage;
beforeAll(async () => {
  stage = await setStage((config) => void Object.assign(config.limits, { creates_per_minute: 10_000 }), {
    roles: 'api',
  });
});
afterAll(() => stage.close());

/** Statements for each call, one call after the other, its commit left out. `null`: this server does not count. */
async function statementsOf(calls: readonly (() => Promise<unknown>)[]): Promise<number | null> {
  const { pool } = stage.world.database;
  const { rows: loaded } = await pool.query<{ libraries: string }>(
    `select current_setting('shared_preload_libraries') as "libraries"`,
  );
  if (loaded[0]?.libraries.includes('pg_stat_statements') !== true) {
    console.warn('skipped: this PostgreSQL does not count statements (shared_preload_libraries)');
    return null;
  }
  await pool.query('create extension if not exists pg_stat_statements');
  for (const call of calls.slice(0, WARM)) await call();
  await pool.query(
    'select pg_stat_statements_reset(0, (select oid from pg_database where datname = current_database()), 0)',
  );
  for (const call of calls.slice(WARM)) await call();
  // By nobody's request: whether the database answers (`select 1`), what is told to other processes after the commit, of many
  // commits at once, and this test's own counting.
  const { rows } = await pool.query<{ calls: number }>(
    `select coalesce(sum("calls"), 0)::int as "calls" from pg_stat_statements
     where "dbid" = (select oid from pg_database where datname = current_database())
       and "query" not in ('select $1', 'commit') and "query" not like '%pg_stat_statements%' and "query" not like '%pg_notify%'`,
  );
  return (rows[0]?.calls ?? 0) / (calls.length - WARM);
}

const times = <T>(make: (turn: number) => T): T[] => Array.from({ length: WARM + CALLS }, (_, turn) => make(turn));

describe('statements of one call', () => {
  const agent = () => stage.caller('support-bot');
  const expectAtMost = (counted: number | null, most: number): void => {
    if (counted !== null) expect(counted).toBeLessThanOrEqual(most);
  };
  const tokens: string[] = [];

  it('are at most four of a create, and four of a redemption', async () => {
    const codes: string[] = [];
    const create = async (turn: number): Promise<void> => {
      const asked = created(await agent().ask(readAsk(`run-${turn}`)), 201);
      codes.push(asked.continuation.deferral_code);
    };
    expectAtMost(await statementsOf(times((turn) => () => create(turn))), 4);
    const redeem = async (turn: number): Promise<void> => {
      const { status, body } = await agent().redeem(String(codes[turn]));
      expect(status).toBe(200);
      tokens.push(String(body.access_token));
    };
    expectAtMost(await statementsOf(times((turn) => () => redeem(turn))), 4);
  });

  it('are at most four of an ask at the token endpoint', async () => {
    const ask = async (): Promise<void> => expect((await agent().askHere(readAsk())).status).toBe(200);
    expectAtMost(await statementsOf(times(() => ask)), 4);
  });
});
