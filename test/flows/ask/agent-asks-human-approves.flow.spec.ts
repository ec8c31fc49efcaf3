import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { Caller, refundAsk } from '../../harness/actors/agent.js';
import { startTestBroker, type Broker } from '../../harness/brokers/broker.js';
import { SlackDriver } from '../../harness/actors/person.js';
import { until } from '../../harness/judges/until.js';
import { makeWorld, type World } from '../../harness/world/world.js';

let world: World;
let broker: Broker;

beforeAll(async () => {
  world = await makeWorld();
  broker = await startTestBroker(world);
});
afterAll(async () => {
  await broker.close();
  await world.remove();
});

describe('the main loop', () => {
  it('runs from the ask over a click in Slack to a used and ended token', async () => {
    const agent = new Caller(world, broker.issuer, 'support-bot');
    const verifier = new Caller(world, broker.issuer, 'payments-api');
    const slack = new SlackDriver(broker);

    const asked = await agent.ask(refundAsk());
    expect(asked.status).toBe(202);
    expect(asked.headers.get('location')).toBe(`/v1/escalations/${asked.body.id}`);
    expect(asked.body).toMatchObject({
      status: 'pending',
      approval: { groups: [{ id: 'oncall', quorum: 1, approved: 0 }], window_seconds: 900 },
    });
    const code = asked.body.continuation.deferral_code as string;
    expect((await agent.redeem(code)).body).toMatchObject({ error: 'authorization_pending', interval: 2 });

    const card = await slack.card(asked.body.id as string);
    const waiting = agent.get(`/v1/escalations/${asked.body.id}`, { prefer: 'wait=20' });
    expect(await slack.click('U0002', card.ts, 'writ_approve')).toMatchObject({ ok: true, status: 200 });
    const decided = await waiting;
    expect(decided.headers.get('preference-applied')).toBe('wait=20');
    expect(decided.body).toMatchObject({
      status: 'approved',
      granted: { ttl: 200, max_uses: 1, cuts: [{ field: 'ttl', asked: 300, granted: 200 }] },
      grant: { status: 'ready' },
    });

    const redeemed = await agent.redeem(code);
    expect(redeemed.status).toBe(200);
    expect(redeemed.body).toMatchObject({ token_type: 'Bearer', expires_in: 200, scope: 'refund.create' });
    const token = redeemed.body.access_token as string;
    expect((await agent.redeem(code)).body.error).toBe('invalid_grant');
    expect((await verifier.introspect(token)).body).toMatchObject({
      active: true,
      sub: 'agent:support-bot',
      uses_remaining: 1,
    });

    const call = {
      token,
      action: 'refund.create',
      identifier: 'order/8812',
      arguments: { order: '8812', amount: 4000 },
      call_id: 'c1',
    };
    expect(
      (
        await verifier.post('/v1/tokens/consume', {
          ...call,
          arguments: { order: '8812', amount: 4001 },
          call_id: 'c0',
        })
      ).body,
    ).toEqual({ allowed: false, code: 'digest_mismatch' });
    expect((await verifier.post('/v1/tokens/consume', call)).body).toEqual({ allowed: true, use: 1, remaining: 0 });
    const again = await verifier.post('/v1/tokens/consume', call);
    expect(again.body).toEqual({ allowed: true, use: 1, remaining: 0, replayed: true });
    expect((await verifier.post('/v1/tokens/consume', { ...call, call_id: 'c2' })).body).toEqual({
      allowed: false,
      code: 'used_up',
    });

    const done = await agent.post(`/v1/grants/${redeemed.body.grant_id}/complete`, {
      outcome: 'succeeded',
      summary: 'Refunded.',
    });
    expect(done.body).toMatchObject({ status: 'completed', end_reason: 'done', outcome: 'succeeded' });
    expect((await verifier.introspect(token)).body).toEqual({ active: false });

    const story = await new Caller(world, broker.issuer, 'auditor-tool').get(`/v1/grants/${redeemed.body.grant_id}`);
    expect(story.body.votes).toMatchObject([{ person: 'bob', verdict: 'approve', via: 'slack' }]);
    await until('the card says how it ended', async () =>
      JSON.stringify(await slack.cardsOf(asked.body.id as string)).includes('completed'),
    );
    expect(
      (story.body.events as { type: string }[]).map((event) => event.type).filter((type) => !type.startsWith('card.')),
    ).toEqual([
      'escalation.requested',
      'vote.recorded',
      'escalation.approved',
      'grant.ready',
      'grant.activated',
      'token.minted',
      'token.use_refused',
      'token.used',
      'token.use_refused',
      'grant.completed',
    ]);
  });
});
