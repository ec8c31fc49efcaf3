import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { decodeJwt } from 'jose';
import { patiently, readAsk, type Answer, type Caller } from '../harness/actors/agent.js';
import { brokenAfterwards } from '../harness/judges/invariants.js';
import { both, inEveryPlace, type Pair } from '../harness/load/race.js';
import { approvedRefund, collectedRefund, created } from '../harness/world/stage.js';

const ok = (answers: readonly Answer[]): Answer[] => answers.filter((answer) => answer.status === 200);

inEveryPlace(({ open, race }) => {
  let stage: Pair;

  beforeAll(async () => {
    stage = await open();
  }, 60_000);
  afterAll(async () => {
    expect(await brokenAfterwards(stage.world, stage.everyone)).toEqual([]);
  }, 90_000);
  afterAll(() => stage?.close());

  const agent = (): Caller => stage.caller('support-bot');
  const active = async (token: unknown): Promise<boolean> =>
    (await stage.there('payments-api').introspect(String(token))).body.active as boolean;

  describe('a collection', () => {
    race('twice at once: one token', async (flip) => {
      const { code } = await approvedRefund(stage);
      const answers = await both(
        flip,
        () => agent().redeem(code),
        () => stage.there('support-bot').redeem(code),
      );
      expect(ok(answers)).toHaveLength(1);
      expect(answers.find((answer) => answer.status !== 200)).toMatchObject({
        status: 400,
        body: { error: 'invalid_grant' },
      });
    });

    race('twice at once under one key: the same token twice', async (flip) => {
      const { code } = await approvedRefund(stage);
      const key = { 'idempotency-key': 'k' };
      const answers = await both(
        flip,
        () => agent().redeem(code, key),
        () => stage.there('support-bot').redeem(code, key),
      );
      expect(ok(answers)).toHaveLength(2);
      const [first, second] = answers.map(
        (answer) =>
          JSON.parse(
            Buffer.from(String(answer.body.access_token).split('.')[1] ?? '', 'base64url').toString(),
          ) as object,
      );
      expect(first).toEqual(second);
    });

    race('and a revocation: no token outlives it', async (flip) => {
      const { code, grant } = await approvedRefund(stage);
      const [redeemed, revoked] = await both(
        flip,
        () => agent().redeem(code),
        () => stage.there('ops-cli').post(`/v1/grants/${grant}/revoke`, { reason: 'Race.' }),
      );
      expect(revoked).toMatchObject({ status: 200, body: { status: 'revoked' } });
      if (redeemed.status === 200) expect(await active(redeemed.body.access_token)).toBe(false);
      else expect(redeemed.body.error).toBe('access_denied');
    });

    race('and a suspension: no token outlives it, and resuming revives none', async (flip) => {
      const { code } = await approvedRefund(stage);
      const allowed = agent().ask(readAsk());
      const [redeemed] = await both(
        flip,
        () => agent().redeem(code),
        () => stage.there('ops-cli').post('/v1/agents/support-bot/suspend', {}),
      );
      const asked = await allowed;
      await stage.caller('ops-cli').post('/v1/agents/support-bot/resume', {});
      if (redeemed.status === 200) expect(await active(redeemed.body.access_token)).toBe(false);
      else expect(redeemed.body.error).toBe('access_denied');
      expect((await agent().redeem(code)).status).toBe(400);
      // Made before the suspension, or refused by it: what was made then is never collected.
      if (asked.status !== 403)
        expect((await agent().redeem(created(asked, 201).continuation.deferral_code)).status).toBe(400);
    });
  });

  describe('a renewal', () => {
    const invalid = { status: 400, body: { error: 'invalid_request' } };

    race('twice at once: one next token', async (flip) => {
      const { token } = await collectedRefund(stage);
      const answers = await both(
        flip,
        () => agent().renew(token),
        () => stage.there('support-bot').renew(token),
      );
      expect(ok(answers)).toHaveLength(1);
      expect(answers.find((answer) => answer.status !== 200)).toMatchObject(invalid);
      expect(await active(token)).toBe(false);
      expect(await active(ok(answers)[0]?.body.access_token)).toBe(true);
    });

    race('twice at once under one key: the same token twice', async (flip) => {
      const { token } = await collectedRefund(stage);
      const key = { 'idempotency-key': 'k' };
      const answers = await both(
        flip,
        () => agent().renew(token, key),
        () => stage.there('support-bot').renew(token, key),
      );
      const [first, second] = ok(answers).map((answer) => decodeJwt(String(answer.body.access_token)));
      expect(second).toEqual(first);
      expect(first?.jti).toEqual(expect.stringMatching(/^tok_/));
    });

    race('and a revocation: no token outlives it', async (flip) => {
      const { token, grant } = await collectedRefund(stage);
      const [renewed, revoked] = await both(
        flip,
        () => agent().renew(token),
        () => stage.there('ops-cli').post(`/v1/grants/${grant}/revoke`, { reason: 'Race.' }),
      );
      expect(revoked).toMatchObject({ status: 200, body: { status: 'revoked' } });
      expect(await active(token)).toBe(false);
      if (renewed.status === 200) expect(await active(renewed.body.access_token)).toBe(false);
      else expect(renewed).toMatchObject(invalid);
    });

    race('and a suspension: no token outlives it, and resuming revives none', async (flip) => {
      const { token } = await collectedRefund(stage);
      const [renewed] = await both(
        flip,
        () => agent().renew(token),
        () => stage.there('ops-cli').post('/v1/agents/support-bot/suspend', {}),
      );
      await stage.caller('ops-cli').post('/v1/agents/support-bot/resume', {});
      expect(await active(token)).toBe(false);
      if (renewed.status === 200) expect(await active(renewed.body.access_token)).toBe(false);
      expect((await agent().renew(token)).status).toBe(400);
    });

    race('and a use of the last use: counted once, and never more', async (flip) => {
      const { token } = await collectedRefund(stage);
      const call = { action: 'refund.create', identifier: 'order/8812', arguments: { order: '8812', amount: 4000 } };
      const use = (held: unknown, call_id: string) =>
        stage.there('payments-api').post('/v1/tokens/consume', { ...call, token: held, call_id });
      const [renewed, used] = await both(
        flip,
        () => agent().renew(token),
        () => use(token, 'c1'),
      );
      if (used.body.allowed === true) {
        expect(renewed.status === 200 ? (await use(renewed.body.access_token, 'c2')).body.code : 'used_up').toBe(
          'used_up',
        );
      } else {
        expect(used.body).toEqual({ allowed: false, code: 'inactive' });
        expect((await use(renewed.body.access_token, 'c2')).body.allowed).toBe(true);
      }
    });
  });

  describe('work handed on', () => {
    const held = async (): Promise<{ grant: string; token: string }> => {
      const asked = created(await agent().ask(readAsk()), 201);
      const { grant_id: grant, access_token: token } = (await agent().redeem(asked.continuation.deferral_code)).body;
      return { grant: String(grant), token: String(token) };
    };
    const revoke = (grant: string) => () =>
      stage.there('ops-cli').post(`/v1/grants/${grant}/revoke`, { reason: 'Race.' });
    const handOn = (token: string) => () => stage.caller('rival-bot').ask(readAsk(), { 'writ-parent-token': token });

    race('and the end above it: asked for in vain, or over with it, and no token of it is ever good', async (flip) => {
      const top = await held();
      const [asked, revoked] = await both(flip, handOn(top.token), revoke(top.grant));
      expect(revoked.status).toBe(200);
      if (asked.status !== 201) return expect(asked).toMatchObject({ status: 400, body: { code: 'invalid_request' } });
      const { id, continuation } = asked.body;
      if (continuation !== undefined)
        expect((await stage.there('rival-bot').redeem(continuation.deferral_code)).body.error).toBe('access_denied');
      const { body } = await stage.there('rival-bot').get(`/v1/escalations/${id}`);
      expect(body.grant).toMatchObject({ status: 'revoked', end_reason: 'parent_ended' });
    });

    race('collected, used and renewed beside the end above it: no token of it outlives that', async (flip) => {
      const top = await held();
      const [one, two] = [created(await handOn(top.token)(), 201), created(await handOn(top.token)(), 201)];
      const child = stage.caller('rival-bot');
      const first = String((await child.redeem(one.continuation.deferral_code)).body.access_token);
      const call = { token: first, action: 'payment.read', call_id: 'c1' };
      const beside = () =>
        Promise.all([
          child.redeem(two.continuation.deferral_code),
          child.renew(first),
          stage.there('payments-api').post('/v1/tokens/consume', call),
        ]);
      const [[redeemed, renewed]] = await both(flip, beside, revoke(top.grant));
      const tokens = [first, redeemed.body.access_token, renewed.body.access_token];
      for (const token of tokens.filter((each) => each !== undefined)) expect(await active(token)).toBe(false);
      expect((await child.redeem(two.continuation.deferral_code)).status).toBe(400);
    });
  });

  describe('a sign of life', () => {
    race('and a revocation: heard before it or refused after it', async (flip) => {
      const { grant } = await collectedRefund(stage);
      const [heard] = await both(
        flip,
        () => agent().post(`/v1/grants/${grant}/heartbeat`),
        () => stage.there('ops-cli').post(`/v1/grants/${grant}/revoke`, { reason: 'Race.' }),
      );
      if (heard.status !== 204) expect(heard).toMatchObject({ status: 409, body: { status: 'revoked' } });
      expect((await agent().post(`/v1/grants/${grant}/heartbeat`)).status).toBe(409);
    });
  });

  describe('a use', () => {
    const call = (token: string, id: string) => ({
      token,
      action: 'refund.create',
      identifier: 'order/8812',
      arguments: { order: '8812', amount: 4000 },
      call_id: id,
    });

    race('and a revocation: counted before it or refused after it', async (flip) => {
      const { token, grant } = await collectedRefund(stage);
      const [used, revoked] = await both(
        flip,
        () => stage.caller('payments-api').post('/v1/tokens/consume', call(token, 'c1')),
        () => stage.there('ops-cli').post(`/v1/grants/${grant}/revoke`, { reason: 'Race.' }),
      );
      expect([
        { allowed: true, use: 1, remaining: 0 },
        { allowed: false, code: 'inactive' },
      ]).toContainEqual(used.body);
      expect(revoked.body).toMatchObject({ status: 'revoked', uses: used.body.allowed === true ? 1 : 0 });
      expect((await stage.there('payments-api').post('/v1/tokens/consume', call(token, 'c2'))).body).toEqual({
        allowed: false,
        code: 'inactive',
      });
    });

    race('many at once: as many as were granted, each counted once', async () => {
      const { token } = await collectedRefund(stage, { max_uses: 3 });
      const calls = Array.from({ length: 8 }, (_, index) =>
        (index % 2 === 0 ? stage.caller('payments-api') : stage.there('payments-api')).post(
          '/v1/tokens/consume',
          call(token, `c${index >> 1}`),
        ),
      );
      const bodies = (await Promise.all(calls)).map((answer) => answer.body);
      // Four calls, each sent to both processes: both get one answer, and one of them is told that it is a repetition.
      for (let index = 0; index < 8; index += 2) {
        const [one, other] = bodies.slice(index, index + 2);
        expect([one.replayed, other.replayed]).toEqual(expect.arrayContaining([true, undefined]));
        expect({ ...one, replayed: true }).toEqual({ ...other, replayed: true });
        bodies[index] = one.replayed === true ? other : one;
      }
      const distinct = bodies.filter((_, index) => index % 2 === 0);
      expect(
        distinct
          .filter((body) => body.allowed === true)
          .map((body) => body.use as number)
          .sort(),
      ).toEqual([1, 2, 3]);
      expect(distinct.filter((body) => body.allowed === false)).toEqual([{ allowed: false, code: 'used_up' }]);
    });
  });

  describe('a crowd', () => {
    it('of collections is served by a process whose connections are fewer', async () => {
      const codes = await Promise.all(
        Array.from(
          { length: 60 },
          async (_, index) =>
            created(await patiently(() => agent().ask(readAsk(`run-${index}`))), 201).continuation.deferral_code,
        ),
      );
      const answers = await Promise.all(codes.map((code) => patiently(() => agent().redeem(code))));
      expect(ok(answers)).toHaveLength(60);
    }, 30_000);
  });
});
