import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { refundAsk, type Answer, type Caller } from '../../harness/actors/agent.js';
import { applyConfig } from '../../harness/world/apply.js';
import { brokenInvariants } from '../../harness/judges/invariants.js';
import { approvedRefund, collectedRefund, created, setStage, type Stage } from '../../harness/world/stage.js';
import { BASE_POLICIES, type Config } from '../../harness/world/world.js';

let stage: Stage;

const POLICIES = `${BASE_POLICIES}
@id("no-prod") @reason("Nothing of production.")
forbid (principal, action in [Writ::Action::"refund.create", Writ::Action::"payment.read"], resource)
when { context.identifier like "prod/*" };`;
const required = (config: Config): void => {
  const actions = config.resources[0]?.['actions'] as Record<string, Record<string, unknown>>;
  for (const name of ['refund.create', 'payment.read'])
    Object.assign(actions[name] as object, { identifier: 'required' });
};

beforeAll(async () => {
  stage = await setStage(required, { policies: POLICIES });
});
afterEach(async () => expect(await brokenInvariants(stage.world)).toEqual([]));
afterAll(() => stage.close());

const agent = (): Caller => stage.caller('support-bot');
const CALL = { type: 'tool_call', actions: ['refund.create'], arguments: { order: '1' } };
const asking = (...elements: Record<string, unknown>[]): Record<string, unknown> =>
  refundAsk('1', { authorization_details: elements });
const FREE = asking(CALL);
const REFUSED = {
  status: 400,
  body: {
    code: 'invalid_authorization_details',
    errors: [{ pointer: '/authorization_details/0/identifier', rule: 'required' }],
  },
};

describe('an action that requires an identifier', () => {
  it('is not asked for without one, by whichever door', async () => {
    expect(await agent().ask(FREE)).toMatchObject(REFUSED);
    expect(await agent().post('/v1/escalations/evaluate', FREE)).toMatchObject(REFUSED);
    expect(await agent().ask({ ...FREE, break_glass: true, justification: 'the house is on fire' })).toMatchObject(
      REFUSED,
    );
    const dry = { agent: 'support-bot', request: FREE };
    expect(await (await stage.person('carol')).send('POST', '/v1/policies/evaluate', dry)).toMatchObject(REFUSED);
  });

  it.each<[string, Record<string, unknown>, string[]]>([
    ['one element of several', asking({ ...CALL, identifier: 'dev/1' }, CALL), ['/authorization_details/1/identifier']],
    [
      'an element with an action that requires none',
      asking({ type: 'tool_call', actions: ['ledger.drop', 'payment.read'] }),
      ['/authorization_details/0/identifier'],
    ],
    ['null', asking({ ...CALL, identifier: null }), ['/authorization_details/0/identifier']],
  ])('nor left out in %s', async (_what, body, pointers) => {
    const answer = await agent().ask(body);
    expect(answer).toMatchObject({ status: 400 });
    expect(answer.body.errors.map(({ pointer }: { pointer: string }) => pointer)).toEqual(pointers);
  });

  it('is named with one, which policy reads without has', async () => {
    const ask = (identifier: string): Promise<Answer> => agent().ask(asking({ ...CALL, identifier }));
    expect((await ask('prod/1')).body).toMatchObject({
      status: 'denied',
      denial: { by: 'policy', code: 'policy_denied' },
    });
    expect((await ask('dev/1')).status).toBe(202);
  });

  it('is shown as such among what can be asked for, with the outcome that a named one would meet', async () => {
    const { items } = (await agent().get('/v1/requestable')).body;
    const actions = items[0].actions as { action: string; identifier: string; outcome: string }[];
    const shown = Object.fromEntries(actions.map((one) => [one.action, `${one.identifier} ${one.outcome}`]));
    expect(shown).toMatchObject({
      'refund.create': 'required require_approval',
      'payment.read': 'required allow',
      'payment.annotate': 'optional deny',
    });
  });

  it('keeps it in every cut', async () => {
    const asked = created(await agent().ask(asking({ ...CALL, identifier: 'dev/2' })), 202);
    const bob = await stage.person('bob');
    const cut = await bob.decide(asked, 'approve', { limits: { authorization_details: [CALL] } });
    expect(cut).toMatchObject({ status: 422, body: { code: 'out_of_range' } });
  });

  it('is used only with the one that was named', async () => {
    const held = await collectedRefund(stage);
    const consume = async (identifier: string | undefined, call_id: string): Promise<Answer['body']> =>
      (
        await stage.caller('payments-api').post('/v1/tokens/consume', {
          token: held.token,
          action: 'refund.create',
          ...(identifier === undefined ? {} : { identifier }),
          arguments: { order: '8812', amount: 4000 },
          call_id,
        })
      ).body;
    expect(await consume('prod/1', 'a')).toMatchObject({ allowed: false, code: 'digest_mismatch' });
    expect(await consume(undefined, 'b')).toMatchObject({ allowed: false, code: 'digest_mismatch' });
    expect(await consume('order/8812', 'c')).toMatchObject({ allowed: true });
  });
});

describe('what was asked for without one before it was required', () => {
  const free = { authorization_details: [{ ...CALL, arguments: { order: '8812', amount: 4000 } }] };
  const BEFORE = BASE_POLICIES;

  it('is neither approved nor collected nor used', async () => {
    await applyConfig(stage.world, () => undefined, BEFORE);
    const held = await collectedRefund(stage, free);
    const ready = await approvedRefund(stage, free);
    const waits = created(await agent().ask(refundAsk('8812', free)), 202);
    await applyConfig(
      stage.world,
      (config) => (required(config), Object.assign(config.limits, { on_policy_change: 'off' })),
      POLICIES,
    );
    const used = await stage.caller('payments-api').post('/v1/tokens/consume', {
      token: held.token,
      action: 'refund.create',
      identifier: 'prod/1',
      arguments: { order: '8812', amount: 4000 },
      call_id: 'a',
    });
    expect(used.body).toEqual({ allowed: false, code: 'inactive' });
    expect((await agent().redeem(ready.code)).body).toMatchObject({ error: 'access_denied' });
    const voted = await (await stage.person('bob')).decide(waits, 'approve');
    expect(voted.body).toMatchObject({
      escalation: { status: 'denied', denial: { by: 'policy', code: 'configuration_changed' } },
    });
    await applyConfig(stage.world, required, POLICIES);
  });
});
