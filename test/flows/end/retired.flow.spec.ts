import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { decodeJwt } from 'jose';
import { refundAsk, type Answer, type Caller } from '../../harness/actors/agent.js';
import { applyConfig } from '../../harness/world/apply.js';
import { brokenInvariants } from '../../harness/judges/invariants.js';
import { putConfiguration } from '../../harness/world/sealed.js';
import { approvedRefund, collectedRefund, created, setStage, type Stage } from '../../harness/world/stage.js';
import { until } from '../../harness/judges/until.js';
import { BASE_POLICIES, type Config } from '../../harness/world/world.js';

let stage: Stage;

beforeAll(async () => {
  stage = await setStage();
});
beforeEach(() => applyConfig(stage.world, () => undefined, BASE_POLICIES));
afterEach(async () => expect(await brokenInvariants(stage.world)).toEqual([]));
afterAll(() => stage.close());

const NO_REFUNDS = BASE_POLICIES.replace(/@id\("refunds"\)[^;]*;/, '');
type Actions = Record<string, Record<string, unknown>>;
const actionsOf = (config: Config): Actions => config.resources[0]?.['actions'] as Actions;
const withoutRefunds = (config: Config): void => void delete actionsOf(config)['refund.create'];
const withoutPayments = (config: Config): void => void config.resources.shift();
const modeOff = (config: Config): void => void Object.assign(config.limits, { on_policy_change: 'off' });
const refundsHave = (more: Record<string, unknown>) => (config: Config) =>
  void Object.assign(actionsOf(config)['refund.create'] as object, more);
const NOTHING_OF_PAYMENTS = BASE_POLICIES.replace(/@id\("(?!no-)[^;]*;/g, '').replace(/@id\("no-drops"\)[^;]*;/, '');

const agent = (): Caller => stage.caller('support-bot');
const escalation = async (id: string): Promise<Answer['body']> => (await agent().get(`/v1/escalations/${id}`)).body;
const consume = async (token: string): Promise<Answer['body']> =>
  (
    await stage.caller('payments-api').post('/v1/tokens/consume', {
      token,
      action: 'refund.create',
      identifier: 'order/8812',
      arguments: { order: '8812', amount: 4000 },
      call_id: 'a',
    })
  ).body;
const endOf = async (id: string): Promise<Record<string, unknown>> => {
  const { rows } = await stage.world.database.pool.query(
    `select "type", "actor_kind", "data" from "events" where "escalation_id" = $1 and "type" = 'escalation.cancelled'`,
    [id],
  );
  return rows[0];
};

describe('a request whose action leaves the file', () => {
  it('ends as cancelled by the configuration, which the card and the record say', async () => {
    const asked = created(await agent().ask(refundAsk()), 202);
    await stage.slack.card(asked.id);
    await applyConfig(stage.world, withoutRefunds, NO_REFUNDS);
    expect(await escalation(asked.id)).toMatchObject({ status: 'cancelled', cancellation: { by: 'configuration' } });
    expect(await endOf(asked.id)).toMatchObject({ data: { by: 'configuration', cause: 'configuration' } });
    expect((await agent().redeem(asked.continuation.deferral_code)).body.error).toBe('access_denied');
    await until('the card says why', async () =>
      JSON.stringify(await stage.slack.cardsOf(asked.id)).includes(
        'what it asks for was taken out of the configuration',
      ),
    );
    const late = await (await stage.person('bob')).decide(asked, 'approve');
    expect(late).toMatchObject({ status: 409, body: { code: 'already_decided', status: 'cancelled' } });
  });

  it('stays ended when the action comes back', async () => {
    const asked = created(await agent().ask(refundAsk()), 202);
    await applyConfig(stage.world, withoutRefunds, NO_REFUNDS);
    await applyConfig(stage.world, refundsHave({ heartbeat: 5 }), BASE_POLICIES);
    expect((await (await stage.person('bob')).decide(asked, 'approve')).status).toBe(409);
    expect((await escalation(asked.id)).status).toBe('cancelled');
  });

  it('ends so when its resource leaves, and others stay', async () => {
    const asked = created(await agent().ask(refundAsk()), 202);
    await applyConfig(stage.world, withoutPayments, NOTHING_OF_PAYMENTS);
    expect((await escalation(asked.id)).status).toBe('cancelled');
    await applyConfig(stage.world, () => undefined, BASE_POLICIES);
    const [refund, quick] = [created(await agent().ask(refundAsk()), 202), await agent().ask(refundAsk('kept'))];
    await applyConfig(
      stage.world,
      (config) => void delete actionsOf(config)['ledger.drop'],
      BASE_POLICIES.replace(/@id\("no-drops"\)[^;]*;/, ''),
    );
    expect((await escalation(refund.id)).status).toBe('pending');
    expect((await escalation(quick.body.id)).status).toBe('pending');
  });

  it('is caught while it is being made: it never stays open', async () => {
    const asks = Array.from({ length: 12 }, (_, index) => agent().ask(refundAsk(`race-${index}`)));
    await Promise.all([...asks, applyConfig(stage.world, withoutRefunds, NO_REFUNDS)]);
    const made = (await Promise.all(asks)).filter(({ status }) => status === 202).map(({ body }) => body.id as string);
    for (const id of made) expect((await escalation(id)).status).toBe('cancelled');
  });

  it('is not granted by a vote where nobody has ended it', async () => {
    const asked = created(await agent().ask(refundAsk()), 202);
    await putConfiguration(stage.world, (catalog) => ({
      ...catalog,
      resources: catalog.resources.map((resource) => ({
        ...resource,
        actions: resource.actions.filter(({ name }) => name === 'payment.read'),
      })),
    }));
    const voted = await (await stage.person('bob')).decide(asked, 'approve');
    expect(voted).toMatchObject({ status: 409, body: { code: 'already_decided', status: 'cancelled' } });
    expect(await escalation(asked.id)).toMatchObject({ status: 'cancelled', grant: null });
  });
});

describe('with on_policy_change off too, a grant whose action has gone', () => {
  it('is not signed again for a lost answer', async () => {
    const ready = await approvedRefund(stage);
    const key = { 'idempotency-key': 'lost' };
    expect((await agent().redeem(ready.code, key)).status).toBe(200);
    expect((await agent().redeem(ready.code, key)).status).toBe(200);
    await applyConfig(stage.world, (config) => (modeOff(config), withoutRefunds(config)), NO_REFUNDS);
    expect((await agent().redeem(ready.code, key)).body).toMatchObject({ error: 'invalid_grant' });
  });

  it('is not collected', async () => {
    const ready = await approvedRefund(stage);
    await applyConfig(stage.world, (config) => (modeOff(config), withoutRefunds(config)), NO_REFUNDS);
    expect((await agent().redeem(ready.code)).body).toMatchObject({ error: 'access_denied' });
  });

  it.each<[string, (config: Config) => void, string]>([
    ['action', withoutRefunds, NO_REFUNDS],
    ['resource', withoutPayments, NOTHING_OF_PAYMENTS],
  ])('is not used, renewed or told as active (%s)', async (_what, change, policies) => {
    const held = await collectedRefund(stage);
    await applyConfig(stage.world, (config) => (modeOff(config), change(config)), policies);
    expect(await consume(held.token)).toEqual({ allowed: false, code: 'inactive' });
    expect((await stage.caller('payments-api').introspect(held.token)).body).toEqual({ active: false });
    expect((await agent().introspect(held.token)).body).toEqual({ active: false });
    expect(await agent().renew(held.token)).toMatchObject({ status: 400 });
  });
});

describe('what was sealed under an older catalog', () => {
  it('keeps the shorter life of a token, whichever catalog has it', async () => {
    const lifeOf = (token: string): number => {
      const { exp, iat } = decodeJwt(token);
      return Number(exp) - Number(iat);
    };
    const ttl = (seconds: number) => (config: Config) =>
      void Object.assign(config.resources[0] as object, { max_token_ttl: seconds });
    const longer = await approvedRefund(stage);
    await applyConfig(stage.world, ttl(60), BASE_POLICIES);
    expect(lifeOf((await agent().redeem(longer.code)).body.access_token as string)).toBeLessThanOrEqual(60);
    const shorter = await approvedRefund(stage);
    await applyConfig(stage.world, ttl(300), BASE_POLICIES);
    expect(lifeOf((await agent().redeem(shorter.code)).body.access_token as string)).toBeLessThanOrEqual(60);
  });

  it('keeps the heartbeat that it was asked under, though the action has lost it', async () => {
    await applyConfig(stage.world, refundsHave({ heartbeat: 60 }), BASE_POLICIES);
    const asked = created(await agent().ask(refundAsk()), 202);
    await applyConfig(stage.world, () => undefined, BASE_POLICIES);
    await (await stage.person('bob')).decide(asked, 'approve');
    expect((await escalation(asked.id)).grant).toMatchObject({ status: 'ready', heartbeat_seconds: 60 });
  });

  it('takes the heartbeat that the action has got since it was asked', async () => {
    const asked = created(await agent().ask(refundAsk()), 202);
    await applyConfig(stage.world, refundsHave({ heartbeat: 30 }), BASE_POLICIES);
    await (await stage.person('bob')).decide(asked, 'approve');
    expect((await escalation(asked.id)).grant).toMatchObject({ heartbeat_seconds: 30 });
  });

  it.each<[string, (config: Config) => void]>([
    ['a heartbeat', refundsHave({ heartbeat: 5 })],
    [
      'a narrower schema',
      refundsHave({
        arguments: {
          type: 'object',
          additionalProperties: false,
          required: ['order'],
          properties: { order: { type: 'string' }, amount: { type: 'integer', maximum: 10 } },
        },
      }),
    ],
  ])('is neither collected nor used once the action demands %s that it was granted without', async (_what, change) => {
    const [ready, held] = [await approvedRefund(stage), await collectedRefund(stage)];
    await applyConfig(stage.world, (config) => (modeOff(config), change(config)), BASE_POLICIES);
    expect((await agent().redeem(ready.code)).body).toMatchObject({ error: 'access_denied' });
    expect(await consume(held.token)).toEqual({ allowed: false, code: 'inactive' });
    expect(await agent().renew(held.token)).toMatchObject({ status: 400 });
  });

  it('is not approved with arguments that the schema takes no more', async () => {
    const asked = created(await agent().ask(refundAsk()), 202);
    await applyConfig(
      stage.world,
      refundsHave({
        arguments: { type: 'object', additionalProperties: false, properties: { order: { type: 'string' } } },
      }),
      BASE_POLICIES,
    );
    const voted = await (await stage.person('bob')).decide(asked, 'approve');
    expect(voted).toMatchObject({ status: 200, body: { vote: 'settled', escalation: { status: 'denied' } } });
    expect(await escalation(asked.id)).toMatchObject({ denial: { by: 'policy', code: 'configuration_changed' } });
  });
});
