import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { decodeJwt } from 'jose';
import { readAsk, refundAsk } from '../../harness/actors/agent.js';
import { applyConfig } from '../../harness/world/apply.js';
import { moreAgents, setHandingStage, under, type HandingStage, type Held } from '../../harness/world/handing-on.js';
import { brokenAfterwards, brokenInvariants } from '../../harness/judges/invariants.js';
import { expectFault } from '../../harness/judges/problem.js';
import { collectedRefund, created, storyOf } from '../../harness/world/stage.js';
import { until } from '../../harness/judges/until.js';
import { BASE_POLICIES } from '../../harness/world/world.js';

/** A broker without a worker: what ends here ends on read, or by whoever ended what is above it. */
let stage: HandingStage;

beforeAll(async () => {
  stage = await setHandingStage({ roles: 'api' });
});
afterEach(async () => expect(await brokenInvariants(stage.world)).toEqual([]));
afterAll(() => stage.close());

const caller: HandingStage['caller'] = (id) => stage.caller(id);
const held: HandingStage['held'] = (...asked) => stage.held(...asked);
const active: HandingStage['active'] = (token) => stage.active(token);
const grantOf: HandingStage['grantOf'] = (id) => stage.grantOf(id);

describe('a grant ends with the one above it', () => {
  type End = (top: Held) => Promise<unknown>;
  const operator = () => stage.caller('ops-cli');
  const ENDS: readonly (readonly [string, End])[] = [
    [
      'is completed',
      ({ grant }) => caller('support-bot').post(`/v1/grants/${grant}/complete`, { outcome: 'succeeded' }),
    ],
    ['is revoked by a person', ({ grant }) => operator().post(`/v1/grants/${grant}/revoke`, { reason: 'Over.' })],
    ['is given back', ({ token }) => caller('support-bot').form('/oauth/revoke', { token })],
    [
      'has its task ended',
      () => operator().post('/v1/kill', { kind: 'task', id: 'support-bot/run-1', reason: 'Over.' }),
    ],
    ['has its agent suspended', () => operator().post('/v1/agents/support-bot/suspend', {})],
    [
      'is ended by a tightened configuration',
      () =>
        applyConfig(
          stage.world,
          (config) => {
            moreAgents(config);
            Object.assign(config.limits, { on_policy_change: 'live' });
          },
          `${BASE_POLICIES}\n@id("closed") forbid (principal == Writ::Agent::"support-bot", action, resource);`,
        ),
    ],
  ];
  afterEach(async () => {
    await applyConfig(stage.world, moreAgents, BASE_POLICIES);
    await operator().post('/v1/agents/support-bot/resume', {});
  });

  it.each(ENDS)(
    'when that %s: what is held, what waits to be collected, what is asked, at every depth',
    async (_how, end) => {
      const top = await held('support-bot', null);
      const middle = await held('rival-bot', top.token);
      const bottom = await held('bot-1', middle.token);
      const ready = created(await caller('bot-2').ask(readAsk(), under(middle.token)), 201);
      expect([await active(middle.token), await active(bottom.token)]).toEqual([true, true]);

      await end(top);

      expect([await active(top.token), await active(middle.token), await active(bottom.token)]).toEqual([
        false,
        false,
        false,
      ]);
      expect(await caller('rival-bot').renew(middle.token)).toMatchObject({
        status: 400,
        body: { error: 'invalid_request' },
      });
      expect((await caller('bot-2').redeem(ready.continuation.deferral_code)).body.error).toBe('access_denied');
      const call = { token: bottom.token, action: 'payment.read', call_id: 'late' };
      expect((await stage.caller('payments-api').post('/v1/tokens/consume', call)).body).toEqual({
        allowed: false,
        code: 'inactive',
      });
      expectFault(
        await caller('bot-3').ask(readAsk(), under(bottom.token)),
        400,
        'invalid_request',
        'Writ-Parent-Token',
      );
    },
  );

  it('by its name in the history, in the feed and in the status of each', async () => {
    const top = await collectedRefund(stage, { max_uses: 3 });
    const asked = created(await caller('rival-bot').ask(refundAsk(), under(top.token)), 202);
    await (await stage.person('carol')).decide(asked, 'approve');
    const redeemed = await caller('rival-bot').redeem(asked.continuation.deferral_code);
    const waiting = created(await caller('bot-4').ask(refundAsk(), under(String(redeemed.body.access_token))), 202);

    await operator().post(`/v1/grants/${top.grant}/revoke`, { reason: 'Over.' });

    const { grant } = await grantOf(redeemed.body.grant_id);
    expect(grant).toMatchObject({ status: 'revoked', end_reason: 'parent_ended', parent: top.grant });
    expect(grant.ended_at).toBe((await grantOf(top.grant)).grant.ended_at);
    expect((await storyOf(stage, grant.id)).events.at(-1)).toMatchObject({
      type: 'grant.revoked',
      actor: { kind: 'system' },
      data: { end_reason: 'parent_ended', parent: top.grant },
    });
    const { jti } = decodeJwt(String(redeemed.body.access_token));
    const feed = await stage.caller('payments-api').get('/v1/revocations');
    expect(feed.body.items).toContainEqual(expect.objectContaining({ kind: 'grant', jti }));
    expect((await caller('bot-4').get(`/v1/escalations/${waiting.id}`)).body.status).toBe('cancelled');
    const late = await (await stage.person('carol')).decide(waiting, 'approve');
    expect(late).toMatchObject({ status: 409, body: { code: 'already_decided', status: 'cancelled' } });
    const list = await stage.caller('auditor-tool').get('/v1/grants?agent=rival-bot&status=revoked');
    expect(JSON.stringify(list.body.items)).toContain(grant.id);
  });

  it('at its deadline, which is no later than that of the one above', async () => {
    const top = await held('support-bot', null, { requested_ttl: 2 });
    const below = await held('rival-bot', top.token);
    await until('the upper one has run out', async () => !(await active(top.token)));
    expect(await active(below.token)).toBe(false);
    // Tokens run out on a whole second, up to one before their grant.
    const grant = await until('the grant is over too', async () => {
      const found = (await grantOf(below.grant)).grant;
      return found.status !== 'active' && found;
    });
    expect(grant).toMatchObject({ status: 'expired', end_reason: 'ttl' });
  });

  it('and stays as it ended when it ended before, for who reads it as for who looks for it', async () => {
    const top = await held('support-bot', null);
    const below = await held('rival-bot', top.token, { requested_ttl: 1 });
    await until('the lower one is over', async () => (await grantOf(below.grant)).grant.status === 'expired');
    await operator().post('/v1/agents/support-bot/suspend', {});
    expect((await grantOf(top.grant)).grant.status).toBe('revoked');
    expect((await grantOf(below.grant)).grant).toMatchObject({ status: 'expired', end_reason: 'ttl' });
    const found = async (status: string): Promise<boolean> => {
      const list = await stage.caller('auditor-tool').get(`/v1/grants?agent=rival-bot&status=${status}&limit=100`);
      return list.body.items.some(({ id }: { id: string }) => id === below.grant);
    };
    expect([await found('expired'), await found('revoked')]).toEqual([true, false]);
  });

  it('and not when that is used up, nor when another one ends', async () => {
    const top = await held('support-bot', null, { max_uses: 1 });
    const below = await held('rival-bot', top.token);
    const other = await held('support-bot', null);
    await caller('support-bot').renew(other.token);
    await stage
      .caller('payments-api')
      .post('/v1/tokens/consume', { token: top.token, action: 'payment.read', call_id: 'a' });
    await operator().post(`/v1/grants/${other.grant}/revoke`, { reason: 'Over.' });
    expect(await active(top.token)).toBe(false);
    // A use of its own would count above, where none is left.
    expect(await active(below.token)).toBe(false);
    expect((await grantOf(below.grant)).grant).toMatchObject({ status: 'active', uses: 0, uses_remaining: 0 });
  });
});

describe('where a worker runs', () => {
  it('cards name the grant above, and the end of what only time or a switch ended is written everywhere', async () => {
    const swept = await setHandingStage({});
    try {
      const top = await collectedRefund(swept, { max_uses: 3 });
      const handOn = async (order = '8812') =>
        created(await swept.caller('rival-bot').ask(refundAsk(order), under(top.token)), 202);
      const asked = await handOn();
      expect(JSON.stringify(await swept.slack.card(asked.id))).toContain(`under grant ${top.grant}`);
      await (await swept.person('carol')).decide(asked, 'approve');
      const redeemed = await swept.caller('rival-bot').redeem(asked.continuation.deferral_code);
      const waiting = await handOn();
      await swept.slack.card(waiting.id);

      await swept.caller('ops-cli').post('/v1/agents/support-bot/suspend', {});

      const grant = redeemed.body.grant_id as string;
      const story = await until('the end is written', async () => {
        const found = await storyOf(swept, grant);
        return found.types.includes('grant.revoked') && found;
      });
      expect(story.events.find(({ type }) => type === 'grant.revoked')?.data).toMatchObject({
        end_reason: 'parent_ended',
      });
      await until('the card tells it', async () =>
        JSON.stringify(await swept.slack.card(asked.id)).includes('the grant it came from ended'),
      );
      await until('the request is cancelled', async () => {
        const { rows } = await swept.world.database.pool.query(
          `select 1 from "events" where "escalation_id" = $1 and "type" = 'escalation.cancelled' and "data" ->> 'cause' = 'parent_ended'`,
          [waiting.id],
        );
        return rows.length === 1;
      });
      expect(await brokenAfterwards(swept.world, [swept.broker])).toEqual([]);
    } finally {
      await swept.close();
    }
  });
});
