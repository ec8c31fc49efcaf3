import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { refundAsk } from '../../harness/actors/agent.js';
import { brokenInvariants } from '../../harness/judges/invariants.js';
import { BASE_POLICIES } from '../../harness/world/world.js';
import { created, setStage, type Stage } from '../../harness/world/stage.js';

let stage: Stage;

/** Actions without arguments: an ask for them leaves much to be cut. */
const LEDGERS = `
@id("ledgers") @outcome("require_approval") @approvers("oncall") @quorum("2")
permit (principal in Writ::Group::"support", action in [Writ::Action::"ledger.open", Writ::Action::"ledger.close"], resource);
`;

beforeAll(async () => {
  stage = await setStage(
    (config) =>
      Object.assign(config.resources[0]?.['actions'] as object, {
        'ledger.open': { risk: 'low' },
        'ledger.close': { risk: 'low' },
      }),
    { policies: BASE_POLICIES + LEDGERS },
  );
});
afterAll(async () => {
  expect(await brokenInvariants(stage.world)).toEqual([]);
});
afterAll(() => stage.close());

const element = (period: string) => ({ type: 'tool_call', actions: ['ledger.export'], arguments: { period } });

async function ask(details: unknown[] = [element('2026-09'), element('2026-10')], more: Record<string, unknown> = {}) {
  const asked = await stage
    .caller('support-bot')
    .ask({ ...refundAsk(), authorization_details: details, max_uses: 10, ...more });
  return created(asked, 202);
}

async function refund() {
  return created(await stage.caller('support-bot').ask(refundAsk('8812', { max_uses: 4 })), 202);
}

describe('an approver who allows less', () => {
  it('cuts time, uses and elements, and the token carries exactly what is left', async () => {
    const asked = await ask();
    const [bob, carol, dave] = await Promise.all(['bob', 'carol', 'dave'].map((id) => stage.person(id)));
    await bob?.decide(asked, 'approve', { limits: { ttl: 120, max_uses: 3 } });
    await carol?.decide(asked, 'approve', {
      limits: { ttl: 200, max_uses: 2, authorization_details: [element('2026-10')] },
    });
    const settled = await dave?.decide(asked, 'approve');
    expect(settled?.body).toMatchObject({
      vote: 'settled',
      escalation: { granted: { ttl: 120, max_uses: 2, authorization_details: [element('2026-10')] } },
    });

    const seen = (await stage.caller('support-bot').get(`/v1/escalations/${asked.id}`)).body;
    expect((seen.granted.cuts as { field: string }[]).map((cut) => cut.field).sort()).toEqual([
      'authorization_details',
      'max_uses',
      'ttl',
    ]);
    expect(seen.granted.cuts).toContainEqual({ field: 'ttl', asked: 300, granted: 120 });
    expect(seen.granted.cuts).toContainEqual({ field: 'max_uses', asked: 10, granted: 2 });

    const redeemed = (await stage.caller('support-bot').redeem(asked.continuation.deferral_code)).body;
    expect(redeemed).toMatchObject({ expires_in: 120, authorization_details: [element('2026-10')] });
    const verifier = stage.caller('payments-api');
    expect((await verifier.introspect(redeemed.access_token as string)).body).toMatchObject({
      max_uses: 2,
      uses_remaining: 2,
      authorization_details: [element('2026-10')],
    });
    const call = { token: redeemed.access_token, action: 'ledger.export', call_id: 'c1' };
    expect((await verifier.post('/v1/tokens/consume', { ...call, arguments: { period: '2026-09' } })).body).toEqual({
      allowed: false,
      code: 'digest_mismatch',
    });
    expect(
      (await verifier.post('/v1/tokens/consume', { ...call, call_id: 'c2', arguments: { period: '2026-10' } })).body,
    ).toMatchObject({ allowed: true });
  });

  it.each([
    ['a longer life', { ttl: 301 }],
    ['more uses', { max_uses: 5 }],
    [
      'another order',
      {
        authorization_details: [
          {
            type: 'tool_call',
            actions: ['refund.create'],
            identifier: 'order/9999',
            arguments: { order: '8812', amount: 4000 },
          },
        ],
      },
    ],
    [
      'another amount',
      {
        authorization_details: [
          {
            type: 'tool_call',
            actions: ['refund.create'],
            identifier: 'order/8812',
            arguments: { order: '8812', amount: 1 },
          },
        ],
      },
    ],
    [
      'a free identifier',
      {
        authorization_details: [
          { type: 'tool_call', actions: ['refund.create'], arguments: { order: '8812', amount: 4000 } },
        ],
      },
    ],
    [
      'another action',
      {
        authorization_details: [
          {
            type: 'tool_call',
            actions: ['payment.read'],
            identifier: 'order/8812',
            arguments: { order: '8812', amount: 4000 },
          },
        ],
      },
    ],
  ])('cannot give %s than was asked', async (_what, limits) => {
    const asked = await refund();
    const answer = await (await stage.person('bob')).decide(asked, 'approve', { limits });
    expect(answer).toMatchObject({ status: 422, body: { code: 'out_of_range' } });
    expect((await stage.caller('support-bot').get(`/v1/escalations/${asked.id}`)).body.status).toBe('pending');
  });

  it('cannot be wider by words of a wrong type or out of every range', async () => {
    const asked = await refund();
    const bob = await stage.person('bob');
    expect(await bob.decide(asked, 'approve', { limits: { ttl: '60' } })).toMatchObject({
      status: 400,
      body: { code: 'invalid_request' },
    });
    expect(await bob.decide(asked, 'approve', { limits: { ttl: 3601 } })).toMatchObject({
      status: 422,
      body: { code: 'out_of_range' },
    });
    expect(await bob.decide(asked, 'approve', { limits: { ttl: 0 } })).toMatchObject({ status: 422 });
    expect(await bob.decide(asked, 'approve', { limits: { scope: 'all' } })).toMatchObject({
      status: 400,
      body: { code: 'unknown_field' },
    });
  });
});

describe('an approver cannot cut an ask into what nobody could collect', () => {
  const close = ['ledger.close'];
  const both = [...close, 'ledger.open'];
  const calls = (...lists: string[][]): unknown[] => lists.map((actions) => ({ type: 'tool_call', actions }));
  const many = (actions: string[], length = 1): unknown[] =>
    Array.from({ length: 20 }, (_, at) => ({ type: 'tool_call', actions, identifier: `${at}`.padEnd(length, 'x') }));
  const refused = (rule: RegExp) => ({
    status: 422,
    body: {
      code: 'too_large',
      errors: [{ pointer: '/limits/authorization_details', rule: expect.stringMatching(rule) }],
    },
  });

  it.each([
    ['more than 20 elements', calls(close, both), many(both), /at most 20 elements/],
    ['more than 4 KiB', calls(both), many(both, 128), /at most 4096 bytes/],
    ['more than a token holds', calls(both), many(both, 126), /fit into a token/],
  ])('that is %s', async (_what, details, authorization_details, rule) => {
    const { id, digest } = await ask(details);
    const bob = await stage.person('bob');
    const approval = { digest, limits: { authorization_details } };
    expect(await bob.decide({ id, digest }, 'approve', approval)).toMatchObject(refused(rule));
    const stepUp = await bob.send('POST', `/v1/escalations/${id}/step-up`, { verdict: 'approve', ...approval });
    expect(stepUp).toMatchObject(refused(rule));
  });

  it('even where the cut of an earlier approver leaves little of it, who may lose their vote', async () => {
    const asked = await ask(calls(both));
    const [bob, carol] = [await stage.person('bob'), await stage.person('carol')];
    const one = { authorization_details: many(both, 126).slice(0, 1) };
    expect((await bob.decide(asked, 'approve', { limits: one })).status).toBe(200);
    const limits = { authorization_details: many(both, 126) };
    expect(await carol.decide(asked, 'approve', { limits })).toMatchObject(refused(/fit into a token/));
    expect(await carol.decide(asked, 'approve')).toMatchObject({ status: 200, body: { vote: 'settled' } });
    expect((await stage.caller('support-bot').redeem(asked.continuation.deferral_code)).status).toBe(200);
  });

  it('by arguments that the action does not take', async () => {
    const asked = await ask(calls(both));
    const limits = { authorization_details: [{ type: 'tool_call', actions: close, arguments: { period: '2026-10' } }] };
    expect(await (await stage.person('bob')).decide(asked, 'approve', { limits })).toMatchObject({
      status: 400,
      body: {
        code: 'invalid_authorization_details',
        errors: [{ pointer: '/limits/authorization_details/0/arguments', rule: 'no_arguments' }],
      },
    });
  });
});

describe('a denial', () => {
  it('says why, in 1 to 500 characters', async () => {
    const asked = await refund();
    const bob = await stage.person('bob');
    expect(await bob.decide(asked, 'deny', { reason: undefined })).toMatchObject({
      status: 400,
      body: { code: 'invalid_request', errors: [{ pointer: '/reason' }] },
    });
    expect((await bob.decide(asked, 'deny', { reason: '' })).status).toBeGreaterThanOrEqual(400);
    expect(await bob.decide(asked, 'deny', { reason: 'x'.repeat(501) })).toMatchObject({
      status: 422,
      body: { code: 'too_long' },
    });
    expect(await bob.decide(asked, 'deny', { reason: 'x'.repeat(500) })).toMatchObject({
      status: 200,
      body: { vote: 'settled' },
    });
  });

  it('takes no limits', async () => {
    const asked = await refund();
    expect(await (await stage.person('bob')).decide(asked, 'deny', { limits: { ttl: 60 } })).toMatchObject({
      status: 400,
      body: { code: 'invalid_request', errors: [{ pointer: '/limits' }] },
    });
  });

  it('ends the code for good', async () => {
    const asked = await refund();
    await (await stage.person('bob')).decide(asked, 'deny');
    expect(await stage.caller('support-bot').redeem(asked.continuation.deferral_code)).toMatchObject({
      status: 400,
      body: { error: 'access_denied' },
    });
  });
});
