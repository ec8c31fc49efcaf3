import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { startTestBroker, type Broker } from '../../harness/brokers/broker.js';
import { Caller } from '../../harness/actors/agent.js';
import { brokenInvariants, settledCards } from '../../harness/judges/invariants.js';
import { Person } from '../../harness/actors/person.js';
import { approvedRefund, collectedRefund, created, setStage, storyOf, type Stage } from '../../harness/world/stage.js';
import { ageReadyGrant } from '../../harness/world/superuser.js';
import { until } from '../../harness/judges/until.js';

const quick = {
  resource: 'https://payments.example',
  authorization_details: [{ type: 'tool_call', actions: ['quick.ask'] }],
  task: { id: 'quick' },
};

describe('deadlines, in a broker with its worker', () => {
  let stage: Stage;

  beforeAll(async () => {
    stage = await setStage();
  });
  afterAll(async () => {
    await settledCards(stage.world, stage.broker);
    expect(await brokenInvariants(stage.world)).toEqual([]);
  });
  afterAll(() => stage.close());

  it('end a request that nobody decided, and wake who waits for it', async () => {
    const agent = stage.caller('support-bot');
    const asked = created(await agent.ask(quick), 202);
    const card = await stage.slack.card(asked.id);
    const seen = await agent.get(`/v1/escalations/${asked.id}`, { prefer: 'wait=15' });
    expect(seen.body).toMatchObject({ status: 'lapsed', decided_at: seen.body.expires_at, grant: null });
    expect((await agent.redeem(asked.continuation.deferral_code)).body.error).toBe('expired_token');
    expect(await agent.post(`/v1/escalations/${asked.id}/cancel`)).toMatchObject({
      status: 409,
      body: { status: 'lapsed' },
    });
    const lapsed = await until('the card says so', async () =>
      (await stage.slack.cardsOf(asked.id)).find((shown) => /Lapsed/.test(JSON.stringify(shown.blocks))),
    );
    expect(lapsed.ts).toBe(card.ts);
    const events = await until('the end is written', async () => {
      const found = await stage
        .caller('auditor-tool')
        .get(`/v1/audit/events?escalation=${asked.id}&type=escalation.lapsed`);
      return found.body.items.length > 0 && found.body.items;
    });
    expect(events).toMatchObject([{ actor: { kind: 'system' } }]);
  });

  it('end a token in the very second of its exp', async () => {
    const held = await collectedRefund(stage, { requested_ttl: 2 });
    const verifier = stage.caller('payments-api');
    const first = (await verifier.introspect(held.token)).body;
    expect(first.exp - first.iat).toBe(2);
    const last = await until('it is inactive', async () => {
      const before = Date.now();
      const { body } = await verifier.introspect(held.token);
      if (body.active === true) expect(before).toBeLessThan(first.exp * 1000);
      return body.active === false && body;
    });
    expect(last).toEqual({ active: false });
    expect(Date.now()).toBeGreaterThanOrEqual(first.exp * 1000);
    expect(
      (await verifier.post('/v1/tokens/consume', { token: held.token, action: 'refund.create', call_id: 'late' })).body,
    ).toEqual({ allowed: false, code: 'inactive' });
    const story = await until('the end is written', async () => {
      const found = await storyOf(stage, held.grant);
      return found.types.includes('grant.expired') && found;
    });
    expect(story.events.find((event) => event.type === 'grant.expired')?.data).toMatchObject({ end_reason: 'ttl' });
    const { grant, tokens } = (await stage.caller('auditor-tool').get(`/v1/grants/${held.grant}`)).body;
    expect(grant).toMatchObject({ status: 'expired', end_reason: 'ttl', ended_at: grant.expires_at });
    expect(tokens).toMatchObject([{ ended_at: expect.any(String) }]);
  });

  it('end an approval that was not collected', async () => {
    const ready = await approvedRefund(stage);
    await ageReadyGrant(stage.world, ready.grant, 601);
    const agent = stage.caller('support-bot');
    expect((await agent.get(`/v1/escalations/${ready.id}`)).body.grant).toMatchObject({
      status: 'expired',
      end_reason: 'not_collected',
    });
    expect((await agent.redeem(ready.code)).body.error).toBe('expired_token');
    const story = await until('the end is written', async () => {
      const found = await storyOf(stage, ready.grant);
      return found.types.includes('grant.expired') && found;
    });
    expect(story.events.find((event) => event.type === 'grant.expired')?.data).toMatchObject({
      end_reason: 'not_collected',
    });
    expect((await agent.redeem(ready.code)).body.error).toBe('expired_token');
  });
});

describe('deadlines, while no worker runs anywhere', () => {
  let stage: Stage;
  let late: Broker | undefined;

  beforeAll(async () => {
    stage = await setStage(() => undefined, { roles: 'api,slack' });
  });
  afterAll(async () => {
    await late?.close();
    await stage.close();
  });

  it('hold all the same, since they are judged on read; a worker that comes later writes them', async () => {
    const agent = stage.caller('support-bot');
    const asked = created(await agent.ask(quick), 202);
    const held = await collectedRefund(stage, { requested_ttl: 1 });
    await until('it lapses', async () => (await agent.get(`/v1/escalations/${asked.id}`)).body.status === 'lapsed');
    expect(await (await stage.person('bob')).decide(asked, 'approve')).toMatchObject({
      status: 409,
      body: { code: 'already_decided', status: 'lapsed' },
    });
    expect((await agent.redeem(asked.continuation.deferral_code)).body.error).toBe('expired_token');
    await until(
      'the token is over',
      async () => (await stage.caller('payments-api').introspect(held.token)).body.active === false,
    );
    await until(
      'the grant is over',
      async () => (await agent.get(`/v1/grants/${held.grant}`)).body.grant.status === 'expired',
    );
    const { rows } = await stage.world.database.pool.query(
      'select "status" from "escalations" where "id" = $1 union all select "status" from "grants" where "id" = $2',
      [asked.id, held.grant],
    );
    expect(rows).toEqual([{ status: 'pending' }, { status: 'active' }]);
    expect((await stage.caller('auditor-tool').get('/v1/grants?status=expired')).body.items).toMatchObject([
      { id: held.grant, end_reason: 'ttl' },
    ]);

    late = await startTestBroker(stage.world, { slack: stage.broker.slack });
    await settledCards(stage.world, stage.broker);
    await until(
      'the late worker writes both',
      async () =>
        (await brokenInvariants(stage.world)).length === 0 &&
        (await storyOf(stage, held.grant)).types.includes('grant.expired'),
    );
  });

  it('hold for the pages and people of another process too', async () => {
    const other = late as Broker;
    const asked = created(await stage.caller('support-bot').ask(quick), 202);
    const bob = await Person.signIn(stage.world, other, 'bob');
    await until(
      'it lapses there',
      async () => (await bob.send('GET', `/v1/escalations/${asked.id}`)).body.status === 'lapsed',
    );
    expect(
      (await new Caller(stage.world, stage.broker.issuer, 'support-bot').get(`/v1/escalations/${asked.id}`)).body
        .status,
    ).toBe('lapsed');
  });
});
