import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { decodeJwt } from 'jose';
import { readAsk, refundAsk, type Answer } from '../../harness/actors/agent.js';
import { BOTS, setHandingStage, under, type HandingStage, type Held } from '../../harness/world/handing-on.js';
import { brokenInvariants } from '../../harness/judges/invariants.js';
import { collectedRefund, created, storyOf } from '../../harness/world/stage.js';
import { placeOf, statusBitOf } from '../../harness/judges/status-list.js';
import { until } from '../../harness/judges/until.js';

/** A broker without a worker: what ends here ends on read. */
let stage: HandingStage;

beforeAll(async () => {
  stage = await setHandingStage({ roles: 'api' });
});
afterEach(async () => expect(await brokenInvariants(stage.world)).toEqual([]));
afterAll(() => stage.close());

const READ = { action: 'payment.read' };
let calls = 0;
const use = async (token: string, call: object = READ): Promise<Answer['body']> =>
  (await stage.caller('payments-api').post('/v1/tokens/consume', { token, call_id: `u${(calls += 1)}`, ...call })).body;
const remaining = async (token: string): Promise<unknown> =>
  (await stage.caller('payments-api').introspect(token)).body.uses_remaining;
const counted = async (held: Held | { grant: string }): Promise<[number, number | null]> => {
  const { grant } = await stage.grantOf(held.grant);
  return [grant.uses, grant.uses_remaining];
};
const USED_UP = { allowed: false, code: 'used_up' };

describe('uses of work that was handed on', () => {
  it('are those that people approved: one, whoever makes it', async () => {
    const top = await collectedRefund(stage);
    const order = { action: 'refund.create', identifier: 'order/8812', arguments: { order: '8812', amount: 4000 } };
    const tokens: string[] = [];
    for (const agent of BOTS) {
      const asked = created(await stage.caller(agent).ask(refundAsk(), under(top.token)), 202);
      await (await stage.person('carol')).decide(asked, 'approve');
      tokens.push(String((await stage.caller(agent).redeem(asked.continuation.deferral_code)).body.access_token));
    }
    const answers = [];
    for (const token of [...tokens, top.token]) answers.push(await use(token, order));
    expect(answers.map(({ allowed }) => allowed)).toEqual([true, false, false, false, false, false]);
    expect(answers.slice(1)).toEqual(answers.slice(1).map(() => USED_UP));
    expect((await storyOf(stage, top.grant)).types.filter((type) => type === 'token.used')).toHaveLength(1);
  });

  it('count at every grant above, and what is left is the least of them', async () => {
    const top = await stage.held('support-bot', null, { max_uses: 4 });
    const middle = await stage.held('rival-bot', top.token, { max_uses: 3 });
    const [left, right] = [
      await stage.held('bot-1', middle.token, { max_uses: 2 }),
      await stage.held('bot-2', middle.token),
    ];
    expect(await use(left.token)).toEqual({ allowed: true, use: 1, remaining: 1 });
    expect(await use(right.token)).toEqual({ allowed: true, use: 1, remaining: 1 });
    expect(await Promise.all([top, middle, left, right].map(counted))).toEqual([
      [2, 2],
      [2, 1],
      [1, 1],
      [1, 1],
    ]);
    expect(await remaining(right.token)).toBe(1);
    expect(await use(middle.token)).toEqual({ allowed: true, use: 3, remaining: 0 });
    expect([await stage.active(top.token), await stage.active(middle.token), await stage.active(left.token)]).toEqual([
      true,
      false,
      false,
    ]);
    expect([await use(left.token), await use(right.token)]).toEqual([USED_UP, USED_UP]);
    expect(await use(top.token)).toEqual({ allowed: true, use: 4, remaining: 0 });
    const { events } = await storyOf(stage, top.grant);
    expect(events.filter(({ type }) => type === 'token.used').map(({ data }) => [data['use'], data['below']])).toEqual([
      [1, left.grant],
      [2, right.grant],
      [3, middle.grant],
      [4, undefined],
    ]);
  });

  it('have a limit of their own under a parent that has none', async () => {
    const top = await stage.held('support-bot', null);
    const child = await stage.held('rival-bot', top.token, { max_uses: 1 });
    expect(await use(child.token)).toEqual({ allowed: true, use: 1, remaining: 0 });
    expect(await use(child.token)).toEqual(USED_UP);
    expect(await use(top.token)).toEqual({ allowed: true, use: 2, remaining: null });
  });

  it('are refused once at all of them, and repeated without a second one', async () => {
    const top = await stage.held('support-bot', null, { max_uses: 5 });
    const child = await stage.held('rival-bot', top.token);
    const call = { ...READ, call_id: 'same' };
    expect(await use(child.token, call)).toEqual({ allowed: true, use: 1, remaining: 4 });
    expect(await use(child.token, call)).toEqual({ allowed: true, use: 1, remaining: 4, replayed: true });
    expect((await use(child.token, { action: 'quick.ask' })).code).toBe('action_not_granted');
    expect(await Promise.all([top, child].map(counted))).toEqual([
      [1, 4],
      [1, 4],
    ]);
  });

  it('that are used up above are told by feed and status list, and hand on, renew and collect nothing', async () => {
    const issuer = stage.broker.issuer;
    const top = await stage.held('support-bot', null, { max_uses: 1 });
    const child = await stage.held('rival-bot', top.token);
    const grandchild = await stage.held('bot-1', child.token);
    const ready = created(await stage.caller('bot-2').ask(readAsk(), under(top.token)), 201);
    const { cursor } = (await stage.caller('payments-api').get('/v1/revocations')).body;
    expect(placeOf(grandchild.token)).not.toEqual(placeOf(child.token));
    expect((await use(top.token)).allowed).toBe(true);

    const told = (await stage.caller('payments-api').get(`/v1/revocations?after=${cursor}`)).body.items;
    expect(told.map(({ jti }: { jti: string }) => jti).sort()).toEqual(
      [top, child, grandchild].map(({ token }) => String(decodeJwt(token).jti)).sort(),
    );
    await until('the bits', async () => {
      const bits = await Promise.all([top, child, grandchild].map(({ token }) => statusBitOf(issuer, token)));
      return bits.join() === '1,1,1';
    });
    expect((await stage.caller('rival-bot').renew(child.token)).status).toBe(400);
    expect((await stage.caller('bot-3').ask(readAsk(), under(child.token))).status).toBe(400);
    expect((await stage.caller('bot-2').redeem(ready.continuation.deferral_code)).body.error).toBe('access_denied');
  });

  it('are cut again at the decision to what is left then', async () => {
    const top = await collectedRefund(stage, { max_uses: 3 });
    const order = { action: 'refund.create', identifier: 'order/8812', arguments: { order: '8812', amount: 4000 } };
    const asked = created(
      await stage.caller('rival-bot').ask(refundAsk('8812', { max_uses: 3 }), under(top.token)),
      202,
    );
    await use(top.token, order);
    const decided = await (await stage.person('carol')).decide(asked, 'approve');
    expect((decided.body as { escalation: { granted: object } }).escalation.granted).toMatchObject({ max_uses: 2 });
  });

  it('of children at once are never more than the top has', async () => {
    const top = await stage.held('support-bot', null, { max_uses: 7 });
    const middle = await stage.held('rival-bot', top.token);
    const children = [];
    for (const bot of BOTS) children.push(await stage.held(bot, bot === 'bot-1' ? top.token : middle.token));
    const tokens = [top, middle, ...children].map(({ token }) => token);
    const answers = await Promise.all(
      Array.from({ length: 42 }, (_, index) => use(tokens[index % tokens.length] ?? '')),
    );
    expect(answers.filter(({ allowed }) => allowed === true)).toHaveLength(7);
    expect(answers.filter(({ allowed }) => allowed === false)).toEqual(Array.from({ length: 35 }, () => USED_UP));
    expect(await counted(top)).toEqual([7, 0]);
  });
});
