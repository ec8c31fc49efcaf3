import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { readAsk, refundAsk } from '../../harness/actors/agent.js';
import { brokenInvariants, settledCards } from '../../harness/judges/invariants.js';
import { approvedRefund, collectedRefund, created, setStage, storyOf, type Stage } from '../../harness/world/stage.js';
import { until } from '../../harness/judges/until.js';

let stage: Stage;

beforeAll(async () => {
  stage = await setStage();
});
afterAll(async () => {
  await settledCards(stage.world, stage.broker);
  expect(await brokenInvariants(stage.world)).toEqual([]);
});
afterAll(() => stage.close());

const agent = () => stage.caller('support-bot');
const live = async (token: string): Promise<boolean> =>
  (await stage.caller('payments-api').introspect(token)).body.active as boolean;
const pending = async () => created(await agent().ask(refundAsk()), 202);

describe('a completed task', () => {
  it.each(['succeeded', 'failed', 'abandoned'])('ends the active grant and its token at once: %s', async (outcome) => {
    const held = await collectedRefund(stage);
    const done = await agent().post(`/v1/grants/${held.grant}/complete`, {
      outcome,
      summary: 'Done.',
      evidence: [{ title: 'Receipt', url: 'https://receipts.example/1' }],
    });
    expect(done).toMatchObject({ status: 200, body: { status: 'completed', end_reason: 'done', outcome } });
    expect(await live(held.token)).toBe(false);
  });

  it('can be abandoned before the token was collected, and then cannot be collected', async () => {
    const ready = await approvedRefund(stage);
    expect(await agent().post(`/v1/grants/${ready.grant}/complete`, { outcome: 'succeeded' })).toMatchObject({
      status: 400,
      body: { code: 'invalid_request' },
    });
    expect((await agent().post(`/v1/grants/${ready.grant}/complete`, { outcome: 'abandoned' })).body).toMatchObject({
      status: 'completed',
      outcome: 'abandoned',
    });
    expect((await agent().redeem(ready.code)).body.error).toBe('access_denied');
  });

  it('tells the truth about a grant that had ended before, and keeps the outcome as an event', async () => {
    const held = await collectedRefund(stage);
    await stage.caller('ops-cli').post(`/v1/grants/${held.grant}/revoke`, { reason: 'Wrong order.' });
    const late = await agent().post(`/v1/grants/${held.grant}/complete`, { outcome: 'succeeded' });
    expect(late).toMatchObject({ status: 200, body: { status: 'revoked', end_reason: 'revoked_by_person' } });
    const { events } = await storyOf(stage, held.grant);
    expect(events.some((event) => event.actor.id === 'support-bot' && event.data['outcome'] === 'succeeded')).toBe(
      true,
    );
  });

  it('is recorded when it is news, a few times, and truly answered however often it is said', async () => {
    const held = await collectedRefund(stage);
    const report = (outcome: string, summary = '') =>
      agent().post(`/v1/grants/${held.grant}/complete`, { outcome, ...(summary !== '' && { summary }) });
    const late = async (): Promise<unknown[]> =>
      (await storyOf(stage, held.grant)).events
        .filter((event) => event.type === 'grant.outcome_reported')
        .map(({ data }) => data['summary'] ?? data['outcome']);
    await report('succeeded');
    await report('succeeded');
    expect(await late()).toEqual([]);
    for (const outcome of ['failed', 'failed', 'succeeded', 'succeeded']) await report(outcome);
    expect(await late()).toEqual(['failed', 'succeeded']);
    const answers = [];
    for (let turn = 1; turn <= 5; turn += 1) answers.push(await report('failed', `Turn ${turn}.`));
    expect(await late()).toEqual(['failed', 'succeeded', 'Turn 1.', 'Turn 2.', 'Turn 3.']);
    for (const answer of answers)
      expect(answer).toMatchObject({ status: 200, body: { status: 'completed', outcome: 'succeeded' } });
  });

  it('is nobody else’s to report', async () => {
    const held = await collectedRefund(stage);
    expect(
      (await stage.caller('rival-bot').post(`/v1/grants/${held.grant}/complete`, { outcome: 'failed' })).status,
    ).toBe(404);
    expect(await live(held.token)).toBe(true);
  });
});

describe('a cancelled request', () => {
  it('is over for agent and people alike', async () => {
    const asked = await pending();
    expect(await agent().post(`/v1/escalations/${asked.id}/cancel`)).toMatchObject({
      status: 200,
      body: { status: 'cancelled' },
    });
    expect(await agent().post(`/v1/escalations/${asked.id}/cancel`)).toMatchObject({
      status: 409,
      body: { code: 'already_decided', status: 'cancelled' },
    });
    expect(await (await stage.person('bob')).decide(asked, 'approve')).toMatchObject({
      status: 409,
      body: { status: 'cancelled' },
    });
    expect((await agent().redeem(asked.continuation.deferral_code)).body.error).toBe('access_denied');
  });

  it('was the agent’s own, and not yet decided', async () => {
    const asked = await pending();
    expect((await stage.caller('rival-bot').post(`/v1/escalations/${asked.id}/cancel`)).status).toBe(404);
    await (await stage.person('bob')).decide(asked, 'approve');
    expect(await agent().post(`/v1/escalations/${asked.id}/cancel`)).toMatchObject({
      status: 409,
      body: { code: 'already_decided', status: 'approved' },
    });
  });
});

describe('a revocation', () => {
  it.each([
    ['the operator’s client', () => Promise.resolve(stage.caller('ops-cli'))],
    ['an operator', () => stage.person('olga')],
    ['an owner of the resource', () => stage.person('omar')],
    ['the person who approved', () => stage.person('bob')],
  ])('by %s ends the token at once', async (_who, caller) => {
    const held = await collectedRefund(stage);
    const path = `/v1/grants/${held.grant}/revoke`;
    const first = await (await caller()).send('POST', path, { reason: 'Enough.' });
    expect(first).toMatchObject({ status: 200, body: { status: 'revoked', end_reason: 'revoked_by_person' } });
    expect(await live(held.token)).toBe(false);
    expect(await (await caller()).send('POST', path, { reason: 'Again.' })).toMatchObject({
      status: 200,
      body: { ended_at: first.body.ended_at },
    });
    expect((await agent().get(`/v1/escalations/${held.id}`)).body.grant).toMatchObject({
      status: 'revoked',
      end_reason: 'revoked_by_person',
    });
  });

  it('needs a reason and a right to it', async () => {
    const held = await collectedRefund(stage);
    const path = `/v1/grants/${held.grant}/revoke`;
    expect((await stage.caller('ops-cli').post(path, {})).status).toBe(400);
    for (const id of ['carol', 'dave', 'alice'])
      expect((await (await stage.person(id)).send('POST', path, { reason: 'No.' })).status).toBe(404);
    expect((await (await stage.person('erin')).send('POST', path, { reason: 'No.' })).status).toBe(403);
    expect((await stage.caller('auditor-tool').post(path, { reason: 'No.' })).status).toBe(403);
    expect([403, 404]).toContain((await stage.caller('payments-api').post(path, { reason: 'No.' })).status);
    expect((await agent().post(path, { reason: 'No.' })).status).toBe(403);
    expect(await live(held.token)).toBe(true);
  });

  it('over RFC 7009 ends the grant by its token', async () => {
    const held = await collectedRefund(stage);
    expect((await stage.caller('rival-bot').form('/oauth/revoke', { token: held.token })).status).toBe(200);
    expect(await live(held.token)).toBe(true);
    expect((await agent().form('/oauth/revoke', { token: held.token, token_type_hint: 'access_token' })).status).toBe(
      200,
    );
    expect(await live(held.token)).toBe(false);
    expect((await agent().get(`/v1/grants/${held.grant}`)).body.grant).toMatchObject({
      status: 'revoked',
      end_reason: 'revoked_by_agent',
    });
    expect((await agent().form('/oauth/revoke', { token: held.token })).status).toBe(200);
    expect((await agent().form('/oauth/revoke', { token: 'unknown' })).status).toBe(200);
  });

  it('over RFC 7009 by the deferral code cancels what waits and ends what was not collected', async () => {
    const waiting = await pending();
    expect(
      (await stage.caller('rival-bot').form('/oauth/revoke', { token: waiting.continuation.deferral_code })).status,
    ).toBe(200);
    expect((await agent().get(`/v1/escalations/${waiting.id}`)).body.status).toBe('pending');
    expect((await agent().form('/oauth/revoke', { token: waiting.continuation.deferral_code })).status).toBe(200);
    expect((await agent().get(`/v1/escalations/${waiting.id}`)).body.status).toBe('cancelled');

    const ready = await approvedRefund(stage);
    expect((await agent().form('/oauth/revoke', { token: ready.code })).status).toBe(200);
    expect((await agent().redeem(ready.code)).body.error).toBe('access_denied');
  });
});

describe('a suspension', () => {
  const asRival = { agent: 'rival-bot' };

  it('ends all that the agent holds and asks, and resuming revives none of it', async () => {
    const rival = stage.caller(asRival.agent);
    const waiting = created(await rival.ask(refundAsk()), 202);
    const ready = await approvedRefund(stage, {}, asRival.agent);
    const held = await collectedRefund(stage, {}, asRival.agent);
    const suspended = await (
      await stage.person('olga')
    ).send('POST', `/v1/agents/${asRival.agent}/suspend`, { reason: 'Odd calls.' });
    expect(suspended).toMatchObject({ status: 200, body: { suspended: true } });

    expect(await live(held.token)).toBe(false);
    expect(
      (
        await stage
          .caller('payments-api')
          .post('/v1/tokens/consume', { token: held.token, action: 'refund.create', call_id: 'x' })
      ).body,
    ).toEqual({ allowed: false, code: 'inactive' });
    expect(await rival.ask(readAsk())).toMatchObject({ status: 403, body: { code: 'forbidden' } });
    expect((await rival.post('/v1/escalations/evaluate', readAsk())).status).toBe(403);
    expect((await rival.redeem(ready.code)).body.error).toBe('access_denied');
    expect((await rival.redeem(waiting.continuation.deferral_code)).body.error).toBe('access_denied');
    expect((await rival.get(`/v1/escalations/${waiting.id}`)).body.status).toBe('cancelled');
    expect(await (await stage.person('bob')).decide(waiting, 'approve')).toMatchObject({
      status: 409,
      body: { status: 'cancelled' },
    });
    expect(await stage.caller('ops-cli').post(`/v1/agents/${asRival.agent}/suspend`, {})).toMatchObject({
      status: 200,
      body: { suspended: true },
    });

    expect(await stage.caller('ops-cli').post(`/v1/agents/${asRival.agent}/resume`, {})).toMatchObject({
      status: 200,
      body: { suspended: false },
    });
    expect((await rival.ask(readAsk())).status).toBe(201);
    expect(await live(held.token)).toBe(false);
    expect((await rival.redeem(ready.code)).body.error).toBe('access_denied');
    expect((await rival.get(`/v1/escalations/${waiting.id}`)).body.status).toBe('cancelled');

    const story = await until('the sweeper writes the ends', async () => {
      const found = await storyOf(stage, held.grant);
      return found.types.includes('grant.revoked') && found;
    });
    expect(story.events.find((event) => event.type === 'grant.revoked')).toMatchObject({
      actor: { kind: 'system' },
      data: { end_reason: 'agent_suspended' },
    });
  });

  it('is for operators', async () => {
    for (const id of ['bob', 'erin', 'omar', 'alice']) {
      expect(await (await stage.person(id)).send('POST', '/v1/agents/support-bot/suspend', {})).toMatchObject({
        status: 403,
        body: { code: 'forbidden' },
      });
    }
    expect((await stage.caller('auditor-tool').post('/v1/agents/support-bot/suspend', {})).status).toBe(403);
    expect((await agent().post('/v1/agents/support-bot/suspend', {})).status).toBe(403);
    expect((await stage.caller('ops-cli').post('/v1/agents/nobody/suspend', {})).status).toBe(404);
    expect((await agent().ask(readAsk())).status).toBe(201);
  });
});
