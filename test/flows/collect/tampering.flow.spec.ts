import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { decodeJwt } from 'jose';
import { readAsk, refundAsk } from '../../harness/actors/agent.js';
import {
  approvedRefund,
  collectedRefund,
  created,
  setStage,
  storyOf,
  type Approved,
  type Stage,
} from '../../harness/world/stage.js';
import { asSuperuser } from '../../harness/world/superuser.js';
import { until } from '../../harness/judges/until.js';

let stage: Stage;

beforeAll(async () => {
  stage = await setStage();
});
afterAll(() => stage.close());

const escalation = (approved: Approved): string => approved.id;
const grant = (approved: Approved): string => approved.grant;

describe('a superuser of the database', () => {
  it.each<[string, string, (approved: Approved) => string]>([
    [
      'a longer life into the grant',
      `update "grants" set "granted" = jsonb_set("granted", '{ttl}', '3600') where "id" = $1`,
      grant,
    ],
    [
      'other arguments into the grant',
      `update "grants" set "granted" = jsonb_set("granted", '{authorization_details,0,arguments,amount}', '900000') where "id" = $1`,
      grant,
    ],
    [
      'another digest into the grant',
      `update "grants" set "grant_digest" = 'sha256:' || repeat('0', 64) where "id" = $1`,
      grant,
    ],
    ['more uses into the grant', `update "grants" set "max_uses" = 1000 where "id" = $1`, grant],
    ['another agent’s name into the grant', `update "grants" set "agent_id" = 'rival-bot' where "id" = $1`, grant],
    [
      'another chain into the request',
      `update "escalations" set "request" = jsonb_set("request", '{chain}', '[{"iss": "x", "sub": "y"}]') where "id" = $1`,
      escalation,
    ],
    [
      'another audience into the grant',
      `update "grants" set "resource" = 'https://other.example' where "id" = $1`,
      grant,
    ],
    [
      'an easier gate into the policy outcome',
      `update "escalations" set "policy" = jsonb_set("policy", '{gates}', '[]') where "id" = $1`,
      escalation,
    ],
    [
      'allow into the policy outcome',
      `update "escalations" set "policy" = jsonb_set("policy", '{outcome}', '"allow"') where "id" = $1`,
      escalation,
    ],
    ['another name under the vote', `update "votes" set "person_id" = 'carol' where "escalation_id" = $1`, escalation],
    [
      'other limits under the vote',
      `update "votes" set "limits" = '{"ttl": 3600}' where "escalation_id" = $1`,
      escalation,
    ],
    [
      'a vote for another request',
      `update "votes" set "digest" = 'sha256:' || repeat('0', 64) where "escalation_id" = $1`,
      escalation,
    ],
    ['a seal of their own', `update "votes" set "mac" = repeat('0', 64) where "escalation_id" = $1`, escalation],
  ])('who writes %s destroys the approval', async (_what, statement, of) => {
    const approved = await approvedRefund(stage);
    await asSuperuser(stage.world, statement, [of(approved)]);
    const refused = await stage.caller('support-bot').redeem(approved.code);
    expect(refused).toMatchObject({ status: 400, body: { error: 'access_denied' } });
    expect(refused.body.access_token).toBeUndefined();
    expect((await storyOf(stage, approved.grant)).types).not.toContain('token.minted');
  });

  it.each([
    ['a grant', `update "grants" set "parents" = null where "escalation_id" = $1`],
    ['a request', `update "escalations" set "parents" = null where "id" = $1`],
  ])('who takes %s from under another destroys it', async (_what, statement) => {
    const top = created(await stage.caller('support-bot').ask(readAsk()), 201);
    const { access_token: token } = (await stage.caller('support-bot').redeem(top.continuation.deferral_code)).body;
    const asked = await stage.caller('rival-bot').ask(readAsk(), { 'writ-parent-token': String(token) });
    const { id, continuation } = created(asked, 201);
    await asSuperuser(stage.world, statement, [id]);
    expect((await stage.caller('rival-bot').redeem(continuation.deferral_code)).body.error).toBe('access_denied');
  });

  it('cannot change a request between what people are shown and what they settle', async () => {
    const asked = created(await stage.caller('support-bot').ask(refundAsk()), 202);
    await asSuperuser(
      stage.world,
      `update "escalations" set "request" = jsonb_set("request", '{authorization_details,0,arguments,amount}', '900000') where "id" = $1`,
      [asked.id],
    );
    expect((await (await stage.person('bob')).decide(asked, 'approve')).body).toMatchObject({
      vote: 'recorded',
      escalation: { status: 'pending' },
    });
  });

  it('cannot make the owner of an agent its judge', async () => {
    const asked = created(await stage.caller('support-bot').ask(refundAsk()), 202);
    await asSuperuser(stage.world, `update "escalations" set "owner_id" = 'nobody' where "id" = $1`, [asked.id]);
    expect((await (await stage.person('alice')).decide(asked, 'approve')).body).toMatchObject({
      vote: 'recorded',
      escalation: { status: 'pending' },
    });
  });

  it('cannot vote for people, nor turn a denial around', async () => {
    const asked = created(
      await stage.caller('support-bot').ask({
        ...refundAsk(),
        authorization_details: [{ type: 'tool_call', actions: ['ledger.export'], arguments: { period: '1' } }],
      }),
      202,
    );
    for (const person of ['bob', 'dave']) {
      await asSuperuser(
        stage.world,
        `insert into "votes" ("id", "escalation_id", "person_id", "verdict", "digest", "via", "mac") values ('vote_' || $2, $1, $2, 'approve', $3, 'rest', repeat('0', 64))`,
        [asked.id, person, asked.digest],
      );
    }
    const carol = await stage.person('carol');
    expect((await carol.decide(asked, 'approve')).body).toMatchObject({
      vote: 'recorded',
      escalation: { status: 'pending' },
    });
  });

  it('cannot move a grant into the name of another agent', async () => {
    const approved = await approvedRefund(stage);
    await asSuperuser(
      stage.world,
      `with other as (select "uid" from "agents" where "id" = 'rival-bot'), moved as (
         update "escalations" set "agent_uid" = (select "uid" from other), "agent_id" = 'rival-bot' where "id" = $1)
       update "grants" set "agent_uid" = (select "uid" from other), "agent_id" = 'rival-bot' where "escalation_id" = $1`,
      [approved.id],
    );
    expect((await stage.caller('rival-bot').redeem(approved.code)).body.error).toBe('access_denied');
  });
});

describe('a superuser of the database, after the collection', () => {
  const introspect = async (token: string) => (await stage.caller('payments-api').introspect(token)).body;
  const consume = async (token: string, amount: number, id: string) => {
    const call = { action: 'refund.create', identifier: 'order/8812', arguments: { order: '8812', amount } };
    return (await stage.caller('payments-api').post('/v1/tokens/consume', { token, ...call, call_id: id })).body;
  };

  it.each([
    [
      'other arguments',
      `update "grants" set "granted" = jsonb_set("granted", '{authorization_details,0,arguments,amount}', '900000') where "id" = $1`,
    ],
    ['more uses', `update "grants" set "max_uses" = 1000 where "id" = $1`],
    ['uses without end', `update "grants" set "max_uses" = null where "id" = $1`],
    [
      'more uses in both places',
      `update "grants" set "max_uses" = 9, "granted" = jsonb_set("granted", '{max_uses}', '9') where "id" = $1`,
    ],
  ])('who writes %s into the grant ends it', async (_what, statement) => {
    const [held, renewing] = [await collectedRefund(stage, { max_uses: 2 }), await collectedRefund(stage)];
    for (const { grant: id } of [held, renewing]) await asSuperuser(stage.world, statement, [id]);
    expect(await introspect(held.token)).toEqual({ active: false });
    const above = { 'writ-parent-token': held.token };
    expect((await stage.caller('rival-bot').ask(readAsk(), above)).body.code).toBe('invalid_request');
    expect(await consume(held.token, 900_000, 'wider')).toEqual({ allowed: false, code: 'inactive' });
    expect(await consume(held.token, 4_000, 'as-granted')).toEqual({ allowed: false, code: 'inactive' });
    expect((await stage.caller('support-bot').renew(renewing.token)).status).toBe(400);
    for (const { grant: id } of [held, renewing])
      expect((await storyOf(stage, id)).events.find(({ type }) => type === 'grant.revoked')).toMatchObject({
        data: { end_reason: 'policy_changed' },
      });
  });

  it.each([
    ['more uses', `update "grants" set "max_uses" = 1000 where "id" = $1`],
    [
      'uses without end',
      `update "grants" set "max_uses" = null, "granted" = jsonb_set("granted", '{max_uses}', 'null') where "id" = $1`,
    ],
  ])('who writes %s into the grant above ends what is under it', async (_what, statement) => {
    const top = created(await stage.caller('support-bot').ask({ ...readAsk(), max_uses: 2 }), 201);
    const { access_token: parent, grant_id: grant } = (
      await stage.caller('support-bot').redeem(top.continuation.deferral_code)
    ).body;
    const asked = await stage
      .caller('rival-bot')
      .ask({ ...readAsk(), max_uses: 3 }, { 'writ-parent-token': String(parent) });
    const code = created(asked, 201).continuation.deferral_code;
    const token = String((await stage.caller('rival-bot').redeem(code)).body.access_token);
    await asSuperuser(stage.world, statement, [grant]);
    expect(await introspect(token)).toEqual({ active: false });
    const call = { token, action: 'payment.read', call_id: 'under' };
    expect((await stage.caller('payments-api').post('/v1/tokens/consume', call)).body.code).toBe('inactive');
  });

  it('cannot prolong a token past the exp that was signed, nor have it renewed then', async () => {
    const held = await collectedRefund(stage, { requested_ttl: 2, max_uses: 5 });
    const exp = Number(decodeJwt(held.token).exp);
    await asSuperuser(
      stage.world,
      `with prolonged as (update "tokens" set "expires_at" = "expires_at" + interval '1 day' where "grant_id" = $1)
       update "grants" set "expires_at" = "expires_at" + interval '1 day', "deadline" = "deadline" + interval '1 day' where "id" = $1`,
      [held.grant],
    );
    await until('its exp has come', () => Date.now() / 1000 >= exp + 0.05);
    expect(await introspect(held.token)).toEqual({ active: false });
    expect(await consume(held.token, 4_000, 'late')).toEqual({ allowed: false, code: 'inactive' });
    expect(await stage.caller('support-bot').renew(held.token)).toMatchObject({
      status: 400,
      body: { error: 'invalid_request' },
    });
  });

  it('cannot have a renewal live longer than was granted', async () => {
    const held = await collectedRefund(stage, { requested_ttl: 60 });
    const statement = `update "grants" set "expires_at" = "expires_at" + interval '1 day', "deadline" = "deadline" + interval '1 day' where "id" = $1`;
    await asSuperuser(stage.world, statement, [held.grant]);
    const renewed = await stage.caller('support-bot').renew(held.token);
    expect(renewed.status).toBe(200);
    expect(Number(renewed.body.expires_in)).toBeLessThanOrEqual(60);
  });

  it.each([
    ['authority', `jsonb_set("claims", '{authorization_details,0,arguments,amount}', '900000')`],
    ['times', `jsonb_set("claims", '{exp}', to_jsonb(("claims" ->> 'exp')::int + 86400))`],
    ['audiences', `jsonb_set("claims", '{aud}', '"https://other.example"')`],
  ])('cannot have other %s signed in the place of an answer that was lost', async (_what, change) => {
    const agent = stage.caller('support-bot');
    const key = { 'idempotency-key': 'lost' };
    const collected = await approvedRefund(stage);
    const renewing = await approvedRefund(stage);
    const first = (await agent.redeem(collected.code, key)).body.access_token as string;
    const old = (await agent.redeem(renewing.code)).body.access_token as string;
    await agent.renew(old, key);
    await asSuperuser(
      stage.world,
      `update "tokens" set "claims" = ${change}, "expires_at" = "expires_at" + interval '1 day'
       where "grant_id" in ($1, $2) and "ended_at" is null`,
      [collected.grant, renewing.grant],
    );
    expect((await agent.redeem(collected.code, key)).body).toMatchObject({ error: 'invalid_grant' });
    expect((await agent.renew(old, key)).body).toMatchObject({ error: 'invalid_request' });
    expect(await introspect(first)).toEqual({ active: false });
  });
});

describe('a superuser of the database, where a grant outlives its tokens', () => {
  it('cannot have one signed in the place of a lost answer that lives longer than its resource lets it', async () => {
    const agent = stage.caller('support-bot');
    const key = { 'idempotency-key': 'lost' };
    const asked = created(await agent.ask({ ...readAsk(), requested_ttl: 600 }), 201);
    const code = asked.continuation.deferral_code;
    const first = await agent.redeem(code, key);
    expect(first.body.expires_in).toBe(300);
    expect((await agent.redeem(code, key)).status).toBe(200);
    await asSuperuser(
      stage.world,
      `update "tokens" set "claims" = jsonb_set("claims", '{exp}', to_jsonb(("claims" ->> 'exp')::int + 200)),
         "expires_at" = "expires_at" + interval '200 seconds' where "grant_id" = $1`,
      [first.body.grant_id],
    );
    expect((await agent.redeem(code, key)).body).toMatchObject({ error: 'invalid_grant' });
  });
});

describe('Writ’s own statements', () => {
  it.each([
    'update "votes" set "verdict" = \'deny\'',
    'delete from "votes"',
    'update "events" set "type" = \'x\'',
    'truncate "events"',
    'delete from "audit_entries"',
    'delete from "escalations"',
    'delete from "grants"',
    'update "grants" set "granted" = \'{}\', "last_change" = \'used\'',
    'update "escalations" set "status" = \'approved\', "last_change" = \'approved\' where "status" = \'denied\'',
    'update "escalations" set "request" = \'{}\', "last_change" = \'voted\' where "status" = \'pending\'',
  ])('cannot rewrite what was: %s', async (statement) => {
    await approvedRefund(stage);
    created(await stage.caller('support-bot').ask(refundAsk()), 202);
    const asked = created(await stage.caller('support-bot').ask(refundAsk()), 202);
    await (await stage.person('bob')).decide(asked, 'deny');
    await expect(stage.world.database.pool.query(statement)).rejects.toThrow();
  });
});
