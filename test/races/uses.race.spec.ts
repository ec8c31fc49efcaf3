import { afterAll, beforeAll, describe, expect } from '@jest/globals';
import { decodeJwt } from 'jose';
import { readAsk, type Caller } from '../harness/actors/agent.js';
import { brokenAfterwards } from '../harness/judges/invariants.js';
import { both, inEveryPlace, type Pair } from '../harness/load/race.js';
import { created } from '../harness/world/stage.js';

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
  const active = async (token: string): Promise<boolean> =>
    (await stage.there('payments-api').introspect(token)).body.active as boolean;

  describe('uses of work that was handed on', () => {
    race('at once, by all who hold some of it: never more than was granted above, and none lost', async () => {
      const asked = created(await agent().ask({ ...readAsk(), max_uses: 3 }), 201);
      const top = (await agent().redeem(asked.continuation.deferral_code)).body;
      const above = { 'writ-parent-token': String(top.access_token) };
      const child = async (): Promise<{ token: string; grant: string }> => {
        const { continuation } = created(await stage.caller('rival-bot').ask(readAsk(), above), 201);
        const { body } = await stage.there('rival-bot').redeem(continuation.deferral_code);
        return { token: String(body.access_token), grant: String(body.grant_id) };
      };
      const held = [
        { token: String(top.access_token), grant: String(top.grant_id) },
        ...(await Promise.all([child(), child()])),
      ];
      const uses = held.flatMap(({ token }, index) =>
        [0, 1, 2].map((turn) =>
          (turn % 2 === 0 ? stage.caller('payments-api') : stage.there('payments-api')).post('/v1/tokens/consume', {
            token,
            action: 'payment.read',
            call_id: `h${index}-${turn}`,
          }),
        ),
      );
      const bodies = (await Promise.all(uses)).map((answer) => answer.body);
      expect(bodies.filter((body) => body.allowed === true)).toHaveLength(3);
      expect(bodies.filter((body) => body.allowed === false)).toEqual(
        Array.from({ length: 6 }, () => ({ allowed: false, code: 'used_up' })),
      );
      for (const { token } of held) expect(await active(token)).toBe(false);
    });

    race('the last of them and a collection under it: the new token is never good', async (flip) => {
      const asked = created(await agent().ask({ ...readAsk(), max_uses: 1 }), 201);
      const token = String((await agent().redeem(asked.continuation.deferral_code)).body.access_token);
      const { continuation } = created(
        await stage.caller('rival-bot').ask(readAsk(), { 'writ-parent-token': token }),
        201,
      );
      const { cursor } = (await stage.there('payments-api').get('/v1/revocations')).body;
      const [used, redeemed] = await both(
        flip,
        () => stage.caller('payments-api').post('/v1/tokens/consume', { token, action: 'payment.read', call_id: 'c' }),
        () => stage.there('rival-bot').redeem(continuation.deferral_code),
      );
      expect(used.body).toMatchObject({ allowed: true, remaining: 0 });
      if (redeemed.status !== 200) return expect(redeemed.body.error).toBe('access_denied');
      const late = String(redeemed.body.access_token);
      expect(await active(late)).toBe(false);
      const { items } = (await stage.there('payments-api').get(`/v1/revocations?after=${cursor}`)).body;
      expect(items).toContainEqual(expect.objectContaining({ jti: decodeJwt(late).jti }));
    });
  });
});
