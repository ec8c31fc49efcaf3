import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { readAsk, type Answer, type Caller } from '../harness/agent.js';
import { brokenAfterwards } from '../harness/invariants.js';
import { both, inEveryPlace, type Pair } from '../harness/race.js';
import { approvedRefund, collectedRefund, created } from '../harness/stage.js';

const ok = (answers: readonly Answer[]): Answer[] => answers.filter((answer) => answer.status === 200);

inEveryPlace(({ open, race }) => {
  let stage: Pair;

  beforeAll(async () => {
    stage = await open();
  }, 60_000);
  afterAll(async () => {
    expect(await brokenAfterwards(stage.world, [stage.broker, stage.other])).toEqual([]);
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
      expect([201, 403]).toContain(asked.status);
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
      // Four calls, each sent to both processes: both get one answer.
      for (let index = 0; index < 8; index += 2) expect(bodies[index]).toEqual(bodies[index + 1]);
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
          async (_, index) => created(await agent().ask(readAsk(`run-${index}`)), 201).continuation.deferral_code,
        ),
      );
      const answers = await Promise.all(codes.map((code) => agent().redeem(code)));
      expect(ok(answers)).toHaveLength(60);
    }, 30_000);
  });
});
