import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { decodeJwt } from 'jose';
import { ACCESS_TOKEN, DEFERRED, TOKEN_EXCHANGE, type Answer, type Caller } from '../../harness/actors/agent.js';
import { applyConfig } from '../../harness/world/apply.js';
import { brokenInvariants } from '../../harness/judges/invariants.js';
import { approvedRefund, collectedRefund, setStage, storyOf, type Stage } from '../../harness/world/stage.js';
import { asSuperuser } from '../../harness/world/superuser.js';
import { until } from '../../harness/judges/until.js';
import type { Config } from '../../harness/world/world.js';

let stage: Stage;

/** Tokens of a minute under grants of 200 seconds, which is what the policies give a refund. */
const shortTokens = (config: Config): void => void Object.assign(config.resources[0] ?? {}, { max_token_ttl: 60 });

beforeAll(async () => {
  stage = await setStage(shortTokens);
});
afterEach(async () => expect(await brokenInvariants(stage.world)).toEqual([]));
afterAll(() => stage.close());

const agent = (): Caller => stage.caller('support-bot');
const introspect = async (token: string): Promise<Answer['body']> =>
  (await stage.caller('payments-api').introspect(token)).body;
const consume = async (token: string, id: string): Promise<Answer['body']> =>
  (
    await stage.caller('payments-api').post('/v1/tokens/consume', {
      token,
      action: 'refund.create',
      identifier: 'order/8812',
      arguments: { order: '8812', amount: 4000 },
      call_id: id,
    })
  ).body;
const refused = { status: 400, body: { error: 'invalid_request' } };

describe('a grant longer than its tokens', () => {
  it('is granted whole, and its first token ends sooner than it', async () => {
    const ready = await approvedRefund(stage);
    const { body } = await agent().redeem(ready.code);
    expect(body.expires_in).toBe(60);
    const { granted, grant } = (await agent().get(`/v1/escalations/${ready.id}`)).body;
    expect(granted.ttl).toBe(200);
    const { exp } = decodeJwt(body.access_token as string);
    expect(Date.parse(grant.expires_at) / 1000 - Number(exp)).toBeGreaterThanOrEqual(139);
  });
});

describe('a renewal', () => {
  it('brings another token of the same grant, and the old one is dead', async () => {
    const held = await collectedRefund(stage, { max_uses: 3 });
    const deadline = (await agent().get(`/v1/escalations/${held.id}`)).body.grant.expires_at as string;
    const renewed = await agent().renew(held.token);
    expect(renewed).toMatchObject({
      status: 200,
      body: {
        issued_token_type: ACCESS_TOKEN,
        token_type: 'Bearer',
        expires_in: 60,
        scope: 'refund.create',
        authorization_details: [{ type: 'tool_call', identifier: 'order/8812' }],
        grant_id: held.grant,
      },
    });
    expect(renewed.headers.get('cache-control')).toBe('no-store');
    const token = renewed.body.access_token as string;
    const { jti, iat, exp, status, ...same } = decodeJwt(token);
    const { jti: oldJti, iat: _iat, exp: _exp, status: _status, ...old } = decodeJwt(held.token);
    expect(same).toEqual(old);
    expect(jti).not.toBe(oldJti);
    expect(status).toBeDefined();
    expect(Number(exp) - Number(iat)).toBe(60);
    expect(await introspect(held.token)).toEqual({ active: false });
    expect(await introspect(token)).toMatchObject({ active: true, jti, uses_remaining: 3 });
    expect((await agent().get(`/v1/escalations/${held.id}`)).body.grant.expires_at).toBe(deadline);
    const story = await storyOf(stage, held.grant);
    expect(story.events.find((event) => event.type === 'token.renewed')).toMatchObject({
      actor: { kind: 'agent', id: 'support-bot' },
      data: { jti, renewed_from: oldJti, exp },
    });
  });

  it('carries counted uses over: they are the grant’s', async () => {
    const held = await collectedRefund(stage, { max_uses: 2 });
    expect(await consume(held.token, 'a')).toEqual({ allowed: true, use: 1, remaining: 1 });
    const token = (await agent().renew(held.token)).body.access_token as string;
    expect(await consume(token, 'b')).toEqual({ allowed: true, use: 2, remaining: 0 });
    expect(await consume(token, 'c')).toEqual({ allowed: false, code: 'used_up' });
    expect(await agent().renew(token)).toMatchObject(refused);
  });

  it('never moves the deadline: the last token ends with the grant, and none follows it', async () => {
    const held = await collectedRefund(stage, { requested_ttl: 2 });
    const renewed = await agent().renew(held.token);
    const { grant } = (await agent().get(`/v1/escalations/${held.id}`)).body;
    const token = renewed.body.access_token as string;
    expect(Number(decodeJwt(token).exp)).toBeLessThanOrEqual(Date.parse(grant.expires_at) / 1000);
    await until('the grant runs out', async () => (await introspect(token)).active === false);
    expect(await agent().renew(token)).toMatchObject(refused);
    expect((await agent().get(`/v1/escalations/${held.id}`)).body.grant.expires_at).toBe(grant.expires_at);
  });

  it('is repeated for a lost answer: the same token under one key, and nothing without it', async () => {
    const held = await collectedRefund(stage);
    const key = { 'idempotency-key': 'again' };
    const first = await agent().renew(held.token, key);
    const second = await agent().renew(held.token, key);
    expect(second.status).toBe(200);
    expect(decodeJwt(second.body.access_token as string)).toEqual(decodeJwt(first.body.access_token as string));
    expect(await agent().renew(held.token)).toMatchObject(refused);
    expect(await agent().renew(held.token, { 'idempotency-key': 'other' })).toMatchObject(refused);
    expect((await stage.caller('rival-bot').renew(held.token, key)).body.error).toBe('invalid_request');
    expect((await agent().redeem(held.code, key)).body.error).toBe('invalid_grant');
    await agent().renew(first.body.access_token as string, key);
    expect(await agent().renew(held.token, key)).toMatchObject(refused);
  });

  it('is refused to other agents, to clients, and for what is no token of this broker', async () => {
    const held = await collectedRefund(stage);
    expect(await stage.caller('rival-bot').renew(held.token)).toMatchObject(refused);
    expect(await stage.caller('payments-api').renew(held.token)).toMatchObject({
      status: 400,
      body: { error: 'unauthorized_client' },
    });
    for (const token of ['x', `${held.token}x`, held.code, await agent().assertion()])
      expect(await agent().renew(token)).toMatchObject(refused);
    expect(await introspect(held.token)).toMatchObject({ active: true });
  });

  it.each([
    ['actor_token', 'a.b.c'],
    ['resource', 'https://payments.example'],
    ['audience', 'https://payments.example'],
    ['scope', 'refund.create'],
    ['authorization_details', '[]'],
    ['requested_token_type', 'urn:ietf:params:oauth:token-type:id_token'],
    ['subject_token_type', 'urn:ietf:params:oauth:token-type:jwt'],
    ['subject_token', ''],
  ])('takes no %s that would make it another token', async (name, value) => {
    const { token } = await collectedRefund(stage);
    const answer = await agent().form('/oauth/token', {
      grant_type: TOKEN_EXCHANGE,
      subject_token: token,
      subject_token_type: ACCESS_TOKEN,
      [name]: value,
    });
    expect(answer).toMatchObject({ status: 400, body: { error: 'invalid_request' } });
    expect(await introspect(token)).toMatchObject({ active: true });
  });

  it('is announced', async () => {
    const metadata = (await agent().get('/.well-known/oauth-authorization-server')).body;
    expect(metadata.grant_types_supported).toEqual(['client_credentials', DEFERRED, TOKEN_EXCHANGE]);
  });
});

describe('after the end there is no renewal', () => {
  it.each<[string, (grant: string, token: string) => Promise<unknown>]>([
    ['completed', (grant) => agent().post(`/v1/grants/${grant}/complete`, { outcome: 'succeeded' })],
    ['revoked', (grant) => stage.caller('ops-cli').post(`/v1/grants/${grant}/revoke`, { reason: 'Enough.' })],
    ['given back', (_grant, token) => agent().form('/oauth/revoke', { token })],
  ])('of a grant that was %s', async (_how, end) => {
    const held = await collectedRefund(stage);
    await end(held.grant, held.token);
    expect(await agent().renew(held.token)).toMatchObject(refused);
    expect((await storyOf(stage, held.grant)).types).not.toContain('token.renewed');
  });

  it('for a suspended agent, also after it was resumed', async () => {
    const rival = stage.caller('rival-bot');
    const held = await collectedRefund(stage, {}, 'rival-bot');
    await stage.caller('ops-cli').post('/v1/agents/rival-bot/suspend', {});
    expect((await rival.renew(held.token)).body.error).toMatch(/invalid_(request|client)/);
    await stage.caller('ops-cli').post('/v1/agents/rival-bot/resume', {});
    expect(await rival.renew(held.token)).toMatchObject(refused);
  });

  it('when the person who approved may no longer approve: the grant ends', async () => {
    const held = await collectedRefund(stage);
    await applyConfig(stage.world, (config) => {
      shortTokens(config);
      Object.assign(config.limits, { on_policy_change: 'off' });
      for (const group of config.groups)
        group['members'] = (group['members'] as string[]).filter((member) => member !== 'bob');
    });
    expect(await agent().renew(held.token)).toMatchObject(refused);
    expect((await agent().get(`/v1/escalations/${held.id}`)).body.grant).toMatchObject({
      status: 'revoked',
      end_reason: 'policy_changed',
    });
    await applyConfig(stage.world, shortTokens);
  });

  it('when a row was edited behind the broker’s back', async () => {
    const held = await collectedRefund(stage);
    await asSuperuser(stage.world, `update "grants" set "heartbeat_seconds" = 3600 where "id" = $1`, [held.grant]);
    expect(await agent().renew(held.token)).toMatchObject(refused);
    expect(await introspect(held.token)).toEqual({ active: false });
  });
});
