import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { Caller, refundAsk, type Answer } from '../harness/actors/agent.js';
import type { Broker } from '../harness/brokers/broker.js';
import { setFarStage } from '../harness/brokers/far-broker.js';
import type { FaultProxy } from '../harness/faults/fault-proxy.js';
import { brokenAfterwards } from '../harness/judges/invariants.js';
import type { Person } from '../harness/actors/person.js';
import { approvedRefund, collectedRefund, created, type Stage } from '../harness/world/stage.js';
import { until } from '../harness/judges/until.js';

/** Sees its connection cut after COMMIT was sent. */
let cut: Broker;
let proxy: FaultProxy;
let stage: Stage;
let bob: Person;
let close: () => Promise<void> = () => Promise.resolve();

beforeAll(async () => {
  ({ stage, proxy, bob, far: cut, close } = await setFarStage());
}, 60_000);
afterAll(async () => {
  expect(await brokenAfterwards(stage.world, [stage.broker, cut])).toEqual([]);
}, 60_000);
afterAll(() => close());

const at = (id: string): Caller => new Caller(stage.world, stage.broker.issuer, id, cut.base);
const counted = async (query: string, id: string): Promise<number> =>
  (await stage.world.database.pool.query(query, [id])).rows.length;

/** Calls while the answer to the COMMIT is lost, then calls again just the same. @returns both answers */
async function lost(call: () => Promise<Answer>): Promise<Answer> {
  const gone = proxy.cutNextCommit();
  const [first] = await Promise.all([call(), gone]);
  expect(first.status).toBe(503);
  return call();
}

describe('when the connection is cut after COMMIT was sent, and the client tries again', () => {
  it('a request exists once, and its key answers with it', async () => {
    const key = { 'idempotency-key': 'lost-ask' };
    const asked = created(await lost(() => at('support-bot').ask(refundAsk('lost'), key)), 202);
    const made = await counted(
      `select 1 from "escalations" where "request"::text like '%order/lost%' and $1 <> ''`,
      asked.id,
    );
    expect(made).toBe(1);
  });

  it('a vote counts once, and whoever gave it reads that it settled', async () => {
    const asked = created(await stage.caller('support-bot').ask(refundAsk()), 202);
    const decided = await lost(() => bob.at(cut).decide(asked, 'approve'));
    expect(decided).toMatchObject({ status: 200, body: { escalation: { status: 'approved' } } });
    expect(await counted('select 1 from "votes" where "escalation_id" = $1', asked.id)).toBe(1);
    expect(await counted('select 1 from "grants" where "escalation_id" = $1', asked.id)).toBe(1);
  });

  it('a click counts once, and a second click changes nothing', async () => {
    const asked = created(await stage.caller('support-bot').ask(refundAsk()), 202);
    const { ts } = await stage.slack.card(asked.id);
    cut.slack.setRequestUrl(`${cut.base}/slack/events`);
    const gone = proxy.cutNextCommit();
    await stage.slack.click(bob.slackUser, ts, 'writ_approve');
    await gone;
    await stage.slack.click(bob.slackUser, ts, 'writ_approve');
    await until('the card shows it', async () =>
      (await stage.slack.cardsOf(asked.id)).some((card) => !JSON.stringify(card.blocks).includes('"actions"')),
    );
    expect(await counted('select 1 from "votes" where "escalation_id" = $1', asked.id)).toBe(1);
  });

  it('a collection gives one token, the same under the same key', async () => {
    const { code, grant } = await approvedRefund(stage);
    const collected = await lost(() => at('support-bot').redeem(code, { 'idempotency-key': 'lost-redeem' }));
    expect(collected.status).toBe(200);
    expect(await counted('select 1 from "tokens" where "grant_id" = $1', grant)).toBe(1);
    expect((await stage.caller('payments-api').introspect(String(collected.body.access_token))).body.active).toBe(true);
  });

  it('a use counts once', async () => {
    const { token, grant } = await collectedRefund(stage, { max_uses: 2 });
    const call = {
      token,
      action: 'refund.create',
      identifier: 'order/8812',
      arguments: { order: '8812', amount: 4000 },
    };
    const used = await lost(() => at('payments-api').post('/v1/tokens/consume', { ...call, call_id: 'lost' }));
    expect(used.body).toEqual({ allowed: true, use: 1, remaining: 1, replayed: true });
    expect(await counted('select 1 from "token_uses" where "grant_id" = $1', grant)).toBe(1);
  });

  it('a revocation holds', async () => {
    const { token, grant } = await collectedRefund(stage);
    const revoked = await lost(() => at('ops-cli').post(`/v1/grants/${grant}/revoke`, { reason: 'Cut.' }));
    expect(revoked).toMatchObject({ status: 200, body: { status: 'revoked' } });
    expect((await stage.caller('payments-api').introspect(token)).body.active).toBe(false);
  });
});
