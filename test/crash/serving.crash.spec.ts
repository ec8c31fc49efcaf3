import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { Caller, readAsk, refundAsk, type Answer } from '../harness/actors/agent.js';
import { brokenAfterwards } from '../harness/judges/invariants.js';
import type { Person } from '../harness/actors/person.js';
import { spawnBroker, type BrokerProcess } from '../harness/brokers/process.js';
import { approvedRefund, created, setStage, type Stage } from '../harness/world/stage.js';
import { until } from '../harness/judges/until.js';
import type { Failpoint } from './broker-with-failpoints.js';

let stage: Stage;
let bob: Person;

beforeAll(async () => {
  stage = await setStage();
  bob = await stage.person('bob');
}, 60_000);
afterAll(async () => {
  expect(await brokenAfterwards(stage.world, [stage.broker])).toEqual([]);
}, 60_000);
afterAll(() => stage?.close());

/** Starts a process that serves, armed for this point, beside the stage's own broker. */
async function doomed(failpoint: Failpoint, how: 'kill' | 'stop'): Promise<BrokerProcess> {
  const running = await spawnBroker(stage.world, stage.broker.slack, {
    roles: 'api,slack',
    program: 'dist/test/crash/broker-with-failpoints.js',
    extra: { WRIT_ISSUER: stage.broker.issuer },
  });
  await running.arm(failpoint, how);
  return running;
}

const at = (base: string): Caller => new Caller(stage.world, stage.broker.issuer, 'support-bot', base);
const noAnswer = (): null => null;
const rows = async <T extends object>(query: string, id: string): Promise<T[]> =>
  (await stage.world.database.pool.query<T>(query, [id])).rows;
const tokensOf = (grant: string): Promise<{ jti: string }[]> =>
  rows<{ jti: string }>('select "jti" from "tokens" where "grant_id" = $1', grant);
const jtiOf = (answer: Answer): unknown =>
  (
    JSON.parse(Buffer.from(String(answer.body.access_token).split('.')[1] ?? '', 'base64url').toString()) as {
      jti: unknown;
    }
  ).jti;

describe('a process that is killed while it mints', () => {
  it.each([
    { failpoint: 'before-mint' as const, minted: 0 },
    { failpoint: 'inside-transaction' as const, minted: 0 },
    { failpoint: 'after-commit' as const, minted: 1 },
  ])(
    '$failpoint leaves $minted token behind, and the agent collects exactly one',
    async ({ failpoint, minted }) => {
      const { code, grant } = await approvedRefund(stage);
      const key = { 'idempotency-key': failpoint };
      const ended = await doomed(failpoint, 'kill');
      expect(await at(ended.base).redeem(code, key).catch(noAnswer)).toBeNull();
      await ended.gone;
      const left = await tokensOf(grant);
      expect(left).toHaveLength(minted);
      const collected = await stage.caller('support-bot').redeem(code, key);
      expect(collected.status).toBe(200);
      expect(await tokensOf(grant)).toEqual([{ jti: jtiOf(collected) }]);
      if (minted === 1) expect(left[0]?.jti).toBe(jtiOf(collected));
    },
    60_000,
  );
});

describe('a process that is killed while it asks for several at once', () => {
  it.each(['between-write-and-commit', 'after-commit'] as const)(
    '%s leaves each request whole or not at all, and each call said again makes one',
    async (failpoint) => {
      const ended = await doomed(failpoint, 'kill');
      const asks = ['support-bot', 'rival-bot'].flatMap((id) =>
        [1, 2, 3].map((turn) => ({ id, task: `${failpoint}-${id}-${turn}` })),
      );
      const ask = ({ id, task }: (typeof asks)[number], base = stage.broker.issuer): Promise<Answer> =>
        new Caller(stage.world, stage.broker.issuer, id, base).ask(readAsk(task), { 'idempotency-key': task });
      await Promise.all(asks.map((one) => ask(one, ended.base).catch(noAnswer)));
      await ended.gone;
      for (const one of asks) {
        const made = created(await ask(one), 201);
        const found = await rows<{ id: string; grants: number; events: number }>(
          `select e."id", (select count(*)::int from "grants" g where g."escalation_id" = e."id") as "grants",
             (select count(*)::int from "events" v where v."escalation_id" = e."id") as "events"
           from "escalations" e where e."task_id" = $1`,
          one.task,
        );
        expect(found).toEqual([{ id: made.id, grants: 1, events: 3 }]);
      }
    },
    60_000,
  );
});

describe('a process that is killed while it decides', () => {
  it.each([
    { failpoint: 'inside-transaction' as const, votes: 0 },
    { failpoint: 'after-commit' as const, votes: 1 },
  ])(
    '$failpoint leaves $votes vote behind, and the decision said again makes one grant',
    async (one) => {
      const asked = created(await stage.caller('support-bot').ask(refundAsk()), 202);
      const ended = await doomed(one.failpoint, 'kill');
      expect(await bob.at(ended).decide(asked, 'approve').catch(noAnswer)).toBeNull();
      await ended.gone;
      const votes = (): Promise<object[]> => rows('select 1 from "votes" where "escalation_id" = $1', asked.id);
      expect(await votes()).toHaveLength(one.votes);
      expect(await bob.decide(asked, 'approve')).toMatchObject({
        status: 200,
        body: { escalation: { status: 'approved' } },
      });
      expect(await votes()).toHaveLength(1);
      expect(await rows('select 1 from "grants" where "escalation_id" = $1', asked.id)).toHaveLength(1);
    },
    60_000,
  );
});

describe('a process that is frozen while it mints', () => {
  it('inside the transaction holds others up until the database ends it, and mints nothing when it wakes', async () => {
    const { code, grant } = await approvedRefund(stage);
    const key = { 'idempotency-key': 'frozen-inside' };
    const frozen = await doomed('inside-transaction', 'stop');
    const reached = frozen.reached();
    const late = at(frozen.base).redeem(code, key).catch(noAnswer);
    await reached;
    // What PostgreSQL does by itself after idle_in_transaction_session_timeout.
    await until('the frozen transaction is ended', async () => {
      const { rowCount } = await stage.world.database.pool.query(
        `select pg_terminate_backend("pid") from "pg_stat_activity" where "state" = 'idle in transaction'
          and "datname" = current_database() and clock_timestamp() - "state_change" > interval '300 milliseconds'`,
      );
      return (rowCount ?? 0) > 0;
    });
    const collected = await stage.caller('support-bot').redeem(code, key);
    expect(collected.status).toBe(200);
    frozen.thaw();
    expect((await late)?.status).toBe(503);
    expect(await tokensOf(grant)).toEqual([{ jti: jtiOf(collected) }]);
    expect(await frozen.stop()).toBe(0);
  }, 60_000);

  it('after the commit answers, when it wakes, with the token that others gave meanwhile', async () => {
    const { code, grant } = await approvedRefund(stage);
    const key = { 'idempotency-key': 'frozen-after' };
    const frozen = await doomed('after-commit', 'stop');
    const reached = frozen.reached();
    const late = at(frozen.base).redeem(code, key);
    await reached;
    const collected = await stage.caller('support-bot').redeem(code, key);
    frozen.thaw();
    expect(jtiOf(await late)).toBe(jtiOf(collected));
    expect(await tokensOf(grant)).toHaveLength(1);
    expect(await frozen.stop()).toBe(0);
  }, 60_000);
});
