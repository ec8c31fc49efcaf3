import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { decodeJwt } from 'jose';
import { LiveRegistry } from '#escalations/judge/configuration-in-force.js';
import type { PolicyTightening } from '#escalations/judge/policy-tightening.js';
import type { Seals, Store, TokenMint } from '#escalations/ports.js';
import { RedeemGrant } from '#escalations/collect/redeem-grant.js';
import { GrantTokens } from '#escalations/collect/write-token.js';
import { ReevaluateGrants, type LiveGrants } from '#escalations/configure/reevaluate-grants.js';
import { RandomIds } from '#persistence/connection/random-ids.js';
import { readAsk, refundAsk, type Answer, type Caller } from '../../harness/actors/agent.js';
import { applyConfig } from '../../harness/world/apply.js';
import { brokenInvariants } from '../../harness/judges/invariants.js';
import { useCasesOf } from '../../harness/world/sealed.js';
import { approvedRefund, collectedRefund, created, setStage, storyOf, type Stage } from '../../harness/world/stage.js';
import { statusBitOf } from '../../harness/judges/status-list.js';
import { until } from '../../harness/judges/until.js';
import { BASE_POLICIES, type Config } from '../../harness/world/world.js';

let stage: Stage;

const FORBIDDEN = `${BASE_POLICIES}
@id("no-refunds") @reason("Refunds are closed.")
forbid (principal, action == Writ::Action::"refund.create", resource);`;
const mode = (on_policy_change: string) => (config: Config) => void Object.assign(config.limits, { on_policy_change });

beforeAll(async () => {
  stage = await setStage();
});
beforeEach(() => applyConfig(stage.world, () => undefined, BASE_POLICIES));
afterEach(async () => expect(await brokenInvariants(stage.world)).toEqual([]));
afterAll(() => stage.close());

const agent = (): Caller => stage.caller('support-bot');
const active = async (token: string): Promise<boolean> =>
  (await stage.caller('payments-api').introspect(token)).body.active as boolean;
const consume = async (token: string, id = 'a'): Promise<Answer['body']> =>
  (
    await stage.caller('payments-api').post('/v1/tokens/consume', {
      token,
      action: 'refund.create',
      identifier: 'order/8812',
      arguments: { order: '8812', amount: 4000 },
      call_id: id,
    })
  ).body;
const grantOf = async (id: string): Promise<Answer['body']> => (await agent().get(`/v1/escalations/${id}`)).body.grant;

/** Parts of a broker, for what HTTP cannot hold still. */
function insides() {
  const { pool } = stage.world.database;
  const { store, configurationStore: configurations } = useCasesOf(stage.world, pool);
  return {
    configurations,
    registry: new LiveRegistry(configurations),
    store,
  };
}

describe('a configuration that forbids what was granted', () => {
  it('stops new uses, renewals and collections, and leaves the grant to its end: the default', async () => {
    const held = await collectedRefund(stage);
    const ready = await approvedRefund(stage);
    await applyConfig(stage.world, () => undefined, FORBIDDEN);
    expect(await active(held.token)).toBe(true);
    expect(await consume(held.token)).toEqual({ allowed: false, code: 'inactive' });
    expect(await agent().renew(held.token)).toMatchObject({ status: 400, body: { error: 'invalid_request' } });
    expect((await agent().redeem(ready.code)).body.error).toBe('access_denied');
    expect(await grantOf(ready.id)).toMatchObject({ status: 'revoked', end_reason: 'policy_changed' });
    expect(await grantOf(held.id)).toMatchObject({ status: 'active' });

    await applyConfig(stage.world, () => undefined, BASE_POLICIES);
    expect((await consume(held.token, 'b')).allowed).toBe(true);
  });

  it('is seen by who polled before people approved, and by who polls while they do', async () => {
    const asked = created(await agent().ask(refundAsk()), 202);
    await applyConfig(stage.world, () => undefined, FORBIDDEN);
    expect((await agent().redeem(asked.continuation.deferral_code)).body.error).toBe('authorization_pending');
    expect((await (await stage.person('bob')).decide(asked, 'approve')).status).toBe(200);

    const { registry, store } = insides();
    const { escalation, now } = (await store.read.escalations.byId(asked.id))!;
    const pending = { escalation: { ...escalation, status: 'pending', granted: null }, now };
    const early = {
      read: { escalations: { byDeferralHash: () => Promise.resolve(pending) } },
      runBatched: store.runBatched.bind(store),
    };
    const seals = { deferralHash: () => Buffer.alloc(32) } as unknown as Seals;
    const between = await new RedeemGrant(
      registry,
      early as unknown as Store,
      seals,
      {} as PolicyTightening,
      new GrantTokens(new RandomIds(), { unreadableKids: () => [] } as unknown as TokenMint, seals),
    ).execute('support-bot', 'a-code', null);
    expect(between).toMatchObject({ error: 'authorization_pending' });

    expect((await agent().redeem(asked.continuation.deferral_code)).body.error).toBe('access_denied');
    expect(await grantOf(asked.id)).toMatchObject({ status: 'revoked', end_reason: 'policy_changed' });
  });

  it('ends it where the mode is live, at once for whoever asks and soon in writing', async () => {
    const held = await collectedRefund(stage, {}, 'support-bot', { afterCard: true });
    const ready = await approvedRefund(stage);
    const reads = created(await agent().ask(readAsk()), 201);
    const read = (await agent().redeem(reads.continuation.deferral_code)).body.access_token as string;
    await applyConfig(stage.world, mode('live'), FORBIDDEN);
    expect(await active(held.token)).toBe(false);
    for (const grant of [held.grant, ready.grant]) {
      const story = await until('the grant is ended', async () => {
        const found = await storyOf(stage, grant);
        return found.types.includes('grant.revoked') && found;
      });
      expect(story.events.find((event) => event.type === 'grant.revoked')).toMatchObject({
        actor: { kind: 'system' },
        data: { end_reason: 'policy_changed' },
      });
    }
    expect(await agent().renew(held.token)).toMatchObject({ status: 400, body: { error: 'invalid_request' } });
    expect(await active(read)).toBe(true);
    const feed = await stage.caller('payments-api').get('/v1/revocations');
    const told = feed.body.items.map((item: { jti?: string }) => item.jti);
    expect([told.includes(decodeJwt(held.token).jti), told.includes(decodeJwt(read).jti)]).toEqual([true, false]);
    await until('the bit', async () => (await statusBitOf(stage.broker.issuer, held.token)) === 1);
    expect(await statusBitOf(stage.broker.issuer, read)).toBe(0);
    await until('the card says why', async () =>
      JSON.stringify(await stage.slack.cardsOf(held.id)).includes('the approval no longer stands'),
    );
    await applyConfig(stage.world, () => undefined, BASE_POLICIES);
    expect(await active(held.token)).toBe(false);
  });

  it('changes nothing about what is granted where the mode is off', async () => {
    const held = await collectedRefund(stage);
    await applyConfig(stage.world, mode('off'), FORBIDDEN);
    expect(await active(held.token)).toBe(true);
    expect((await consume(held.token)).allowed).toBe(true);
  });
});

describe('the configuration in force', () => {
  it('is never one from before the question', async () => {
    const { registry, configurations } = insides();
    const before = (await registry.current()).seq;
    const version = await configurations.currentVersion();
    let answer = (_version: typeof version): void => undefined;
    configurations.currentVersion = () => new Promise((done) => (answer = done));
    const early = registry.current();
    await applyConfig(stage.world, () => undefined, FORBIDDEN);
    delete (configurations as Partial<typeof configurations>).currentVersion;
    const late = [registry.current(), registry.current()];
    answer(version);
    await early;
    const now = String((await configurations.currentVersion())?.seq);
    expect(BigInt(now)).toBeGreaterThan(BigInt(before));
    expect((await Promise.all(late)).map(({ seq }) => seq)).toEqual([now, now]);
  });

  it('is read again when its number stays and its content is another, as after a restore', async () => {
    const { registry, configurations } = insides();
    const before = await registry.current();
    const applied = { ...(await configurations.current())!, sha256: 'sha256:another' };
    configurations.currentVersion = async () => applied;
    configurations.current = async () => ({ ...applied, policies: [{ name: 'writ.cedar', text: FORBIDDEN }] });
    const after = await registry.current();
    expect([after.seq, after.policyVersion]).toEqual([before.seq, expect.not.stringContaining(before.policyVersion)]);
    expect(await registry.current()).toBe(after);
  });

  it('is asked only about itself, and there is nothing to ask of one that is not there', async () => {
    const { registry, configurations, store } = insides();
    const nothing = { page: () => Promise.resolve([]) } as LiveGrants;
    const job = new ReevaluateGrants(registry, store, nothing, {} as PolicyTightening);
    const seq = BigInt((await configurations.currentVersion())?.seq ?? 0);
    const asked = [String(seq + 1n), 'none', String(seq), String(seq - 1n)];
    expect(await Promise.all(asked.map((each) => job.execute(each)))).toEqual([null, null, 0, 0]);
  });
});

describe('a tightening', () => {
  it.each<[string, (config: Config) => void, string]>([
    ['a second approver', () => undefined, BASE_POLICIES.replace('@max_ttl("200")', '@max_ttl("200") @quorum("2")')],
    [
      'another group',
      () => undefined,
      BASE_POLICIES.replace('@approvers("oncall") @max_ttl', '@approvers("security") @max_ttl'),
    ],
    ['a shorter time', () => undefined, BASE_POLICIES.replace('@max_ttl("200")', '@max_ttl("100")')],
    [
      'an action that has gone',
      (config) => delete (config.resources[0]?.['actions'] as Record<string, unknown>)['refund.create'],
      BASE_POLICIES.replace(/@id\("refunds"\)[^;]*;/, ''),
    ],
  ])('may be %s', async (_what, change, policies) => {
    const held = await collectedRefund(stage);
    await applyConfig(stage.world, change, policies);
    expect(await consume(held.token)).toEqual({ allowed: false, code: 'inactive' });
  });

  it.each<[string, (config: Config) => void, string]>([
    ['a policy about something else', () => undefined, BASE_POLICIES.replace('@quorum("2")', '@quorum("3")')],
    [
      'a rule that asks nobody',
      () => undefined,
      BASE_POLICIES.replace(
        '@outcome("require_approval") @approvers("oncall") @max_ttl("200") @max_uses("5") @reason("Refunds move money.")',
        '@outcome("allow")',
      ),
    ],
    ['a person more', (config) => void (config.groups[0]?.['members'] as string[]).push('dave'), BASE_POLICIES],
  ])('is not %s', async (_what, change, policies) => {
    const held = await collectedRefund(stage);
    await applyConfig(stage.world, change, policies);
    expect((await consume(held.token)).allowed).toBe(true);
  });

  it('is judged by what was known when the grant was decided, so that its own count does not end it', async () => {
    await applyConfig(
      stage.world,
      () => undefined,
      BASE_POLICIES.replace('granted_last_hour < 50', 'granted_last_hour < 1'),
    );
    const asked = created(await stage.caller('rival-bot').ask(readAsk()), 201);
    const token = (await stage.caller('rival-bot').redeem(asked.continuation.deferral_code)).body
      .access_token as string;
    await applyConfig(
      stage.world,
      mode('live'),
      BASE_POLICIES.replace('granted_last_hour < 50', 'granted_last_hour < 1'),
    );
    expect(await active(token)).toBe(true);
  });
});
