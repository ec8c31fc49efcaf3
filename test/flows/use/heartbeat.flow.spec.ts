import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { refundAsk, type Caller } from '../../harness/actors/agent.js';
import { brokenInvariants } from '../../harness/judges/invariants.js';
import {
  approvedRefund,
  collectedRefund,
  created,
  setStage,
  storyOf,
  type Collected,
  type Stage,
} from '../../harness/world/stage.js';
import { silenceGrant } from '../../harness/world/superuser.js';
import { until } from '../../harness/judges/until.js';

let stage: Stage;

beforeAll(async () => {
  stage = await setStage((config) => {
    const actions = config.resources[0]?.['actions'] as Record<string, Record<string, unknown>>;
    Object.assign(actions['refund.create'] ?? {}, { heartbeat: 30 });
    Object.assign(actions['payment.annotate'] ?? {}, { heartbeat: 10 });
  });
});
/** A grant that a superuser has aged was last changed without an event. */
const aged = (broken: string): boolean => broken.startsWith('the last change of a request or grant');
afterEach(async () => expect((await brokenInvariants(stage.world)).filter((broken) => !aged(broken))).toEqual([]));
afterAll(() => stage.close());

const agent = (): Caller => stage.caller('support-bot');
const beat = (grant: string, who = agent()) => who.post(`/v1/grants/${grant}/heartbeat`);
const live = async (token: string): Promise<boolean> =>
  (await stage.caller('payments-api').introspect(token)).body.active as boolean;
const consume = (held: Collected, id: string) =>
  stage.caller('payments-api').post('/v1/tokens/consume', {
    token: held.token,
    action: 'refund.create',
    identifier: 'order/8812',
    arguments: { order: '8812', amount: 4000 },
    call_id: id,
  });

/** Collected after its card was posted: one that is decided sooner has none. */
async function collectedFromCard(): Promise<Collected> {
  const { id, digest, continuation } = created(await agent().ask(refundAsk()), 202);
  await stage.slack.card(id);
  const { body } = await (await stage.person('bob')).decide({ id, digest }, 'approve');
  const code = continuation.deferral_code;
  const token = (await agent().redeem(code)).body.access_token as string;
  return { id, digest, code, grant: (body as { escalation: { grant: { id: string } } }).escalation.grant.id, token };
}

describe('a grant whose action has a heartbeat', () => {
  it('says so from the start, and from its collection on by when it must be heard of', async () => {
    const ready = await approvedRefund(stage);
    const state = async () => (await agent().get(`/v1/escalations/${ready.id}`)).body.grant;
    expect(await state()).toMatchObject({ status: 'ready', heartbeat_seconds: 30, silent_at: null });
    expect((await beat(ready.grant)).status).toBe(204);
    expect((await agent().redeem(ready.code)).status).toBe(200);
    const { silent_at } = await state();
    const inSeconds = (Date.parse(silent_at) - Date.now()) / 1000;
    expect(inSeconds).toBeGreaterThan(50);
    expect(inSeconds).toBeLessThan(61);
  });

  it('has the smallest heartbeat of its actions', async () => {
    const asked = await agent().ask({
      resource: 'https://payments.example',
      authorization_details: [
        { type: 'tool_call', actions: ['refund.create'], arguments: { order: '1' } },
        { type: 'tool_call', actions: ['payment.annotate'], arguments: { payment: '1' } },
      ],
      task: { id: 'run-1', ticket: 'OPS-1' },
    });
    await (await stage.person('bob')).decide(asked.body, 'approve');
    expect((await agent().get(`/v1/escalations/${asked.body.id}`)).body.grant.heartbeat_seconds).toBe(10);
  });

  it('lives on while it is heard of, and ends at the second missed sign of life', async () => {
    const held = await collectedFromCard();
    await silenceGrant(stage.world, held.grant, 59);
    expect(await live(held.token)).toBe(true);
    expect((await beat(held.grant)).status).toBe(204);
    await silenceGrant(stage.world, held.grant, 59);
    expect(await live(held.token)).toBe(true);
    await silenceGrant(stage.world, held.grant, 1);
    expect(await live(held.token)).toBe(false);
    expect((await consume(held, 'late')).body).toEqual({ allowed: false, code: 'inactive' });
    expect(await beat(held.grant)).toMatchObject({
      status: 409,
      body: { code: 'already_ended', status: 'expired', end_reason: 'silence' },
    });
    expect(await agent().renew(held.token)).toMatchObject({ status: 400, body: { error: 'invalid_request' } });
    const listed = await stage.caller('auditor-tool').get('/v1/grants?status=expired');
    expect((listed.body.items as { id: string }[]).map((item) => item.id)).toContain(held.grant);

    const story = await until('the sweeper writes the end', async () => {
      const found = await storyOf(stage, held.grant);
      return found.types.includes('grant.expired') && found;
    });
    expect(story.events.find((event) => event.type === 'grant.expired')).toMatchObject({
      actor: { kind: 'system' },
      data: { end_reason: 'silence' },
    });
    await until('the card says why', async () => JSON.stringify(await stage.slack.messages()).includes('fell silent'));
  });

  it.each([
    ['a use', async (held: Collected) => expect((await consume(held, 'c')).body.allowed).toBe(true)],
    ['a renewal', async (held: Collected) => expect((await agent().renew(held.token)).status).toBe(200)],
  ])('takes %s for a sign of life', async (_what, act) => {
    const held = await collectedRefund(stage, { max_uses: 3 });
    await silenceGrant(stage.world, held.grant, 40);
    await act(held);
    await silenceGrant(stage.world, held.grant, 40);
    expect((await agent().get(`/v1/escalations/${held.id}`)).body.grant.status).toBe('active');
  });

  it('is no matter of another agent’s, and none of people’s or clients’', async () => {
    const held = await collectedRefund(stage);
    expect(await beat(held.grant, stage.caller('rival-bot'))).toMatchObject({ status: 404 });
    expect((await beat('grt_00000000000000000000000000')).status).toBe(404);
    expect((await beat(held.grant, stage.caller('payments-api'))).status).toBe(403);
  });

  it('says how it ended, whatever ended it', async () => {
    const revoked = await collectedRefund(stage);
    await stage.caller('ops-cli').post(`/v1/grants/${revoked.grant}/revoke`, { reason: 'Enough.' });
    expect(await beat(revoked.grant)).toMatchObject({
      status: 409,
      body: { status: 'revoked', end_reason: 'revoked_by_person' },
    });
    const done = await collectedRefund(stage);
    await agent().post(`/v1/grants/${done.grant}/complete`, { outcome: 'succeeded' });
    expect(await beat(done.grant)).toMatchObject({ status: 409, body: { status: 'completed', end_reason: 'done' } });
  });
});
