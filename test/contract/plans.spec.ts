import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { readAsk, refundAsk } from '../harness/actors/agent.js';
import { collectedRefund, created, setStage, type Stage } from '../harness/world/stage.js';

/** Before the counting: every connection that is in use has prepared and planned what it will say. */
const WARM = 12;
const ROUNDS = 20;
/** A statement that is said about once a round has been planned about as often, if its plan was not kept. */
const OFTEN = ROUNDS * 0.75;

let stage: Stage;
beforeAll(async () => {
  stage = await setStage(undefined, { roles: 'api' });
});
afterAll(() => stage.close());

const LISTS = [
  '',
  'agent=support-bot',
  'resource=https://payments.example',
  'action=payment.read',
  'status=active',
  'status=expired',
  'status=revoked&agent=support-bot',
  'approver=bob',
  'action=refund.create&agent=support-bot',
  'approver=bob&status=completed',
];

/** What agents, verifiers and auditors do all day, once each. */
async function round(turn: number): Promise<void> {
  const agent = stage.caller('support-bot');
  const verifier = stage.caller('payments-api');
  const asked = created(await agent.ask(readAsk(`run-${turn}`)), 201);
  expect((await agent.redeem(asked.continuation.deferral_code)).status).toBe(200);
  const { token, grant } = await collectedRefund(stage, refundAsk(`9${turn}`));
  for (const call_id of ['c1', 'c2']) {
    const use = {
      action: 'refund.create',
      identifier: 'order/8812',
      arguments: { order: '8812', amount: 4000 },
      call_id,
    };
    await verifier.post('/v1/tokens/consume', { token, ...use });
  }
  await verifier.introspect(token);
  await agent.post(`/v1/grants/${grant}/complete`, { outcome: 'succeeded' });
  for (const filter of LISTS) expect((await stage.caller('auditor-tool').get(`/v1/grants?${filter}`)).status).toBe(200);
  for (const query of ['', '?type=grant.activated', '?agent=support-bot'])
    expect((await stage.caller('auditor-tool').get(`/v1/audit/events${query}`)).status).toBe(200);
}

it('keeps the plan of every statement that hot verbs and lists say', async () => {
  const { pool } = stage.world.database;
  const { rows: loaded } = await pool.query<{ libraries: string }>(
    `select current_setting('shared_preload_libraries') as "libraries"`,
  );
  if (loaded[0]?.libraries.includes('pg_stat_statements') !== true)
    return console.warn('skipped: this PostgreSQL does not count statements (shared_preload_libraries)');
  await pool.query('create extension if not exists pg_stat_statements');
  for (let turn = 0; turn < WARM; turn += 1) await round(turn);
  await pool.query(
    'select pg_stat_statements_reset(0, (select oid from pg_database where datname = current_database()), 0)',
  );
  for (let turn = 0; turn < ROUNDS; turn += 1) await round(WARM + turn);
  // Whether the database answers is asked by `select 1`, by nobody's request.
  const { rows } = await pool.query<{ query: string; calls: number; plans: number }>(
    `select left(regexp_replace("query", '\\s+', ' ', 'g'), 160) as "query", "calls"::int, "plans"::int from pg_stat_statements
     where "dbid" = (select oid from pg_database where datname = current_database()) and "calls" >= $1 and "plans" > "calls" / 3
       and "query" <> 'select $1' order by "plans" desc`,
    [OFTEN],
  );
  expect(rows).toEqual([]);
});
