import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { decodeJwt, SignJWT } from 'jose';
import { readAsk, refundAsk } from '../../harness/actors/agent.js';
import { BOTS, setHandingStage, under, type HandingStage } from '../../harness/world/handing-on.js';
import { brokenInvariants } from '../../harness/judges/invariants.js';
import { expectFault } from '../../harness/judges/problem.js';
import { collectedRefund, created } from '../../harness/world/stage.js';
import { until } from '../../harness/judges/until.js';
import { BASE_POLICIES } from '../../harness/world/world.js';

/** The other resource is open here, and notes are for nobody to whom work was handed on. */
const POLICIES = `${BASE_POLICIES}
@id("others") @outcome("allow")
permit (principal in Writ::Group::"support", action == Writ::Action::"other.read", resource);
@id("own-notes") @reason("Whoever writes a note has read the payment.")
forbid (principal, action == Writ::Action::"payment.annotate", resource) when { context.chain_depth > 0 };`;
const READ = { type: 'tool_call', actions: ['payment.read'] };
const NOTE = { type: 'tool_call', actions: ['payment.annotate'], arguments: { payment: 'p1' } };
const TICKET = { task: { id: 'run-1', ticket: 'OPS-1' } };

let stage: HandingStage;

beforeAll(async () => {
  stage = await setHandingStage({ roles: 'api', policies: POLICIES });
});
afterEach(async () => expect(await brokenInvariants(stage.world)).toEqual([]));
afterAll(() => stage.close());

const caller: HandingStage['caller'] = (id) => stage.caller(id);
const held: HandingStage['held'] = (...asked) => stage.held(...asked);
const active: HandingStage['active'] = (token) => stage.active(token);
const grantOf: HandingStage['grantOf'] = (id) => stage.grantOf(id);

describe('work that is handed on', () => {
  it('is asked for on behalf of who handed it on, in digest, token and record, at any depth', async () => {
    const top = await held('support-bot', null);
    const middle = await held('rival-bot', top.token);
    const bottom = await held('bot-1', middle.token);
    const iss = stage.broker.issuer;
    expect(decodeJwt(middle.token)['act']).toEqual({ iss, sub: 'agent:support-bot' });
    expect(decodeJwt(bottom.token)['act']).toEqual({
      iss,
      sub: 'agent:rival-bot',
      act: { iss, sub: 'agent:support-bot' },
    });
    expect(await active(bottom.token)).toBe(true);

    const { grant, escalation, events, policy } = await grantOf(bottom.grant);
    expect([grant.parent, escalation.parent]).toEqual([middle.grant, middle.grant]);
    expect(escalation.request.chain).toEqual([
      { iss, sub: 'agent:rival-bot' },
      { iss, sub: 'agent:support-bot' },
    ]);
    expect(policy.facts).toMatchObject({ chain_depth: 2 });
    const named = (type: string) => (events as { type: string; data: object }[]).find((event) => event.type === type);
    for (const type of ['escalation.requested', 'grant.ready'])
      expect(named(type)?.data).toMatchObject({ parent: middle.grant });
    expect((await grantOf(top.grant)).grant.parent).toBeNull();
  });

  it('is judged by policy as handed on', async () => {
    const note = { authorization_details: [NOTE], ...TICKET };
    const top = await held('support-bot', null, note);
    const { body } = await caller('rival-bot').ask({ ...readAsk(), ...note }, under(top.token));
    expect(body).toMatchObject({ status: 'denied', policy: { determining: ['own-notes'] }, parent: top.grant });
  });

  it('has no more time and no more uses than are left above it, and ends no later', async () => {
    const top = await held('support-bot', null, { requested_ttl: 100, max_uses: 3 });
    const used = await stage
      .caller('payments-api')
      .post('/v1/tokens/consume', { token: top.token, action: 'payment.read', call_id: 'a' });
    expect(used.body).toMatchObject({ allowed: true });
    const answer = await caller('rival-bot').ask({ ...readAsk(), requested_ttl: 300 }, under(top.token));
    const { granted, grant, continuation } = answer.body;
    expect(granted).toMatchObject({ max_uses: 2 });
    expect(granted.ttl).toBeLessThanOrEqual(100);
    expect(granted.ttl).toBeGreaterThan(40);
    expect(granted.cuts).toEqual([
      { field: 'ttl', asked: 300, granted: granted.ttl },
      { field: 'max_uses', asked: null, granted: 2 },
    ]);
    await caller('rival-bot').redeem(continuation.deferral_code);
    const [above, below] = [await grantOf(top.grant), await grantOf(grant.id)];
    expect(Date.parse(below.grant.expires_at)).toBeLessThanOrEqual(Date.parse(above.grant.expires_at));
    const alone = await caller('rival-bot').ask({ ...readAsk(), requested_ttl: 50, max_uses: 1 }, under(top.token));
    expect(alone.body.granted).toMatchObject({ ttl: 50, max_uses: 1, cuts: [] });
  });

  it('is never more than is held above it: denied, with the part that would lie within', async () => {
    const top = await held('support-bot', null);
    const both = {
      ...readAsk(),
      authorization_details: [READ, { ...READ, actions: ['quick.ask', 'payment.read'] }],
    };
    const more = await caller('rival-bot').ask(both, under(top.token));
    expect(more).toMatchObject({ status: 201, body: { status: 'denied', granted: null, grant: null } });
    expect(more.body.denial).toEqual({
      by: 'policy',
      code: 'exceeds_parent',
      reason: expect.stringMatching(/handed on/),
      next: { action: 'ask_less', largest_allowed: [READ] },
    });
    expect((await stage.caller('auditor-tool').get(`/v1/escalations/${more.body.id}`)).body.parent).toBe(top.grant);

    const other = {
      resource: 'https://other.example',
      authorization_details: [{ type: 'tool_call', actions: ['other.read'] }],
    };
    const elsewhere = await caller('rival-bot').ask({ ...readAsk(), ...other }, under(top.token));
    expect(elsewhere.body.denial).toMatchObject({ code: 'exceeds_parent', next: { action: 'none' } });
    const free = await held('support-bot', null, other);
    const wrongAudience = await caller('rival-bot').ask(readAsk(), under(free.token));
    expect(wrongAudience.body.denial).toMatchObject({ code: 'exceeds_parent', next: { action: 'none' } });
  });

  it('keeps to the very arguments that were granted above', async () => {
    const top = await collectedRefund(stage, { max_uses: 3 });
    const ask = (order: string) => caller('rival-bot').ask(refundAsk(order), under(top.token));
    expect((await ask('8812')).status).toBe(202);
    expect((await ask('8813')).body.denial).toMatchObject({ code: 'exceeds_parent', next: { action: 'none' } });
  });

  it('never comes back to an agent of its chain', async () => {
    const top = await held('support-bot', null);
    const middle = await held('rival-bot', top.token);
    for (const [agent, token] of [
      ['support-bot', top.token],
      ['support-bot', middle.token],
      ['rival-bot', middle.token],
    ] as const) {
      const answer = await caller(agent).ask(readAsk(), under(token));
      expect(answer.body.denial).toMatchObject({ code: 'delegation_cycle', next: { action: 'none' } });
    }
  });

  it('goes through five hands and not through a sixth', async () => {
    let last = await held('support-bot', null);
    for (const bot of BOTS) last = await held(bot, last.token);
    expect((await grantOf(last.grant)).escalation.request.chain).toHaveLength(5);
    expectFault(await caller('rival-bot').ask(readAsk(), under(last.token)), 422, 'out_of_range', 'Writ-Parent-Token');
    expect(await active(last.token)).toBe(true);
  });

  it('is decided by none of those who own the agents it came through', async () => {
    const top = await collectedRefund(stage, { max_uses: 3 });
    const { id, digest, continuation } = created(await caller('rival-bot').ask(refundAsk(), under(top.token)), 202);
    const [alice, carol] = [await stage.person('alice'), await stage.person('carol')];
    const own = await alice.decide({ id, digest }, 'approve');
    expect(own).toMatchObject({ status: 403, body: { code: 'not_eligible', why: 'in_the_delegation_chain' } });
    expect((await carol.decide({ id, digest }, 'approve')).status).toBe(200);
    const redeemed = await caller('rival-bot').redeem(continuation.deferral_code);
    expect(decodeJwt(String(redeemed.body.access_token))['act']).toMatchObject({ sub: 'agent:support-bot' });
    const [above, below] = [await grantOf(top.grant), await grantOf(redeemed.body.grant_id)];
    expect(Date.parse(below.grant.expires_at)).toBeLessThanOrEqual(Date.parse(above.grant.expires_at));
  });

  it('is one request under one Idempotency-Key, and another under another grant', async () => {
    const [one, other] = [await held('support-bot', null), await held('support-bot', null)];
    const ask = (token: string) => caller('rival-bot').ask(readAsk(), { ...under(token), 'idempotency-key': 'handed' });
    const first = await ask(one.token);
    expect((await ask(one.token)).body.id).toBe(first.body.id);
    expect(await ask(other.token)).toMatchObject({ status: 422, body: { code: 'idempotency_mismatch' } });
    await stage.caller('ops-cli').post(`/v1/grants/${one.grant}/revoke`, { reason: 'Over.' });
    expect((await ask(one.token)).body.id).toBe(first.body.id);
  });
});

describe('the header of who hands work on', () => {
  const refused = async (token: string): Promise<void> =>
    expectFault(await caller('rival-bot').ask(readAsk(), under(token)), 400, 'invalid_request', 'Writ-Parent-Token');

  it('holds one token of this broker that is live, and nothing else', async () => {
    const top = await held('support-bot', null, { max_uses: 1 });
    const [head, body] = top.token.split('.');
    const claims = decodeJwt(top.token);
    const forged = await new SignJWT({ ...claims, exp: Number(claims.exp) + 1 })
      .setProtectedHeader({ alg: 'ES256', typ: 'at+jwt' })
      .sign(stage.world.keys['rival-bot']?.privateKey as never);
    const wrong = ['x', '', 'a.b.c', `${head}.${body}.`, forged, `${top.token}, ${top.token}`, `Bearer ${top.token}`];
    for (const token of wrong) await refused(token);
    await refused(await caller('support-bot').assertion());
    const before = (
      await stage.caller('auditor-tool').get('/v1/audit/events?type=escalation.requested&agent=rival-bot')
    ).body.items.length;
    const use = { token: top.token, action: 'payment.read', call_id: 'only' };
    await stage.caller('payments-api').post('/v1/tokens/consume', use);
    await refused(top.token);
    const after = (await stage.caller('auditor-tool').get('/v1/audit/events?type=escalation.requested&agent=rival-bot'))
      .body.items.length;
    expect(after).toBe(before);
  });

  it('holds no token that was renewed, has run out or whose grant has ended', async () => {
    const top = await held('support-bot', null);
    const renewed = await caller('support-bot').renew(top.token);
    await refused(top.token);
    const next = String(renewed.body.access_token);
    expect((await caller('rival-bot').ask(readAsk(), under(next))).status).toBe(201);
    await caller('support-bot').post(`/v1/grants/${top.grant}/complete`, { outcome: 'succeeded' });
    await refused(next);
    const short = await held('support-bot', null, { requested_ttl: 1 });
    await until('it has run out', async () => !(await active(short.token)));
    await refused(short.token);
  });
});
