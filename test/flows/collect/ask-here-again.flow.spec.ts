import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { decodeJwt } from 'jose';
import { refundAsk, type Answer, type Caller, READ_HERE, refusedWith } from '../../harness/actors/agent.js';
import { brokenInvariants } from '../../harness/judges/invariants.js';
import { until } from '../../harness/judges/until.js';
import { asSuperuser } from '../../harness/world/superuser.js';
import { rowsOfAsks } from '../../harness/world/rows-of-asks.js';
import { setStage, type Stage } from '../../harness/world/stage.js';

let stage: Stage;

beforeAll(async () => {
  stage = await setStage();
});
afterAll(async () => {
  expect(await brokenInvariants(stage.world)).toEqual([]);
});
afterAll(() => stage.close());

const agent = (): Caller => stage.caller('support-bot');
const DEFERRED_TOO = { ...refundAsk(), completion_mode: 'deferred' };
const rows = (): Promise<number[]> => rowsOfAsks(stage.world);

describe('an ask at the token endpoint under an Idempotency-Key', () => {
  const under = (key: string) => ({ 'idempotency-key': key });
  const replayed = (given: Answer): boolean => given.headers.get('idempotency-replayed') === 'true';

  it('brings the same token again, and makes nothing new', async () => {
    const first = await agent().askHere(READ_HERE, under('k1'));
    const before = await rows();
    const again = await agent().askHere(READ_HERE, under('k1'));
    expect([first.status, replayed(first), again.status, replayed(again)]).toEqual([200, false, 200, true]);
    const { access_token: one, expires_in: _one, ...rest } = first.body;
    const { access_token: other, expires_in: _other, ...same } = again.body;
    expect(same).toEqual(rest);
    expect(decodeJwt(other)).toEqual(decodeJwt(one));
    expect(await rows()).toEqual(before);
  });

  it('brings no token that has ended, or after a minute, but says which escalation it was', async () => {
    const ended = await agent().askHere(READ_HERE, under('k2'));
    await agent().post(`/v1/grants/${ended.body.grant_id}/complete`, { outcome: 'succeeded' });
    const old = await agent().askHere(READ_HERE, under('k3'));
    const shift = (seconds: number): Promise<unknown> =>
      asSuperuser(
        stage.world,
        `update "tokens" set "minted_at" = "minted_at" + make_interval(secs => $2) where "grant_id" = $1`,
        [old.body.grant_id, seconds],
      );
    await shift(-61);
    const before = await rows();
    for (const [key, { body }] of [
      ['k2', ended],
      ['k3', old],
    ] as const)
      expect(await agent().askHere(READ_HERE, under(key))).toMatchObject(
        refusedWith('invalid_grant', { escalation_id: body.escalation_id }),
      );
    await shift(61);
    expect(await rows()).toEqual(before);
  });

  it('brings the same deferral code and the same denial again', async () => {
    const asks = [
      DEFERRED_TOO,
      { ...READ_HERE, authorization_details: [{ type: 'tool_call', actions: ['ledger.drop'] }] },
    ];
    for (const [turn, ask] of asks.entries()) {
      const first = await agent().askHere(ask, under(`again-${turn}`));
      const again = await agent().askHere(ask, under(`again-${turn}`));
      expect([first.status, again.status, replayed(first), replayed(again)]).toEqual([400, 400, false, true]);
      expect(again.body).toEqual(first.body);
    }
  });

  it('is refused with another ask, and is not the key of a create', async () => {
    await agent().askHere(DEFERRED_TOO, under('k4'));
    for (const other of [READ_HERE, refundAsk()])
      expect(await agent().askHere(other, under('k4'))).toMatchObject(
        refusedWith('invalid_request', { error_description: 'This Idempotency-Key was used with another body.' }),
      );
    expect((await agent().ask(refundAsk(), under('k4'))).status).toBe(202);
    expect((await stage.caller('rival-bot').askHere(READ_HERE, under('k4'))).status).toBe(200);
    expect(await agent().askHere(READ_HERE, under('two words'))).toMatchObject(refusedWith('invalid_request'));
  });

  it('makes twenty at once one token', async () => {
    const before = (await rows())[2];
    const answers = await Promise.all(Array.from({ length: 20 }, () => agent().askHere(READ_HERE, under('many'))));
    const given = answers.filter(({ status }) => status === 200);
    expect(new Set(given.map(({ body }) => decodeJwt(body.access_token).jti)).size).toBe(1);
    for (const busy of answers.filter(({ status }) => status !== 200)) {
      expect(busy).toMatchObject({ status: 409, body: { error: 'temporarily_unavailable' } });
      expect(busy.headers.get('retry-after')).toBe('1');
    }
    expect((await rows())[2]).toBe(Number(before) + 1);
    expect(await agent().askHere(READ_HERE, under('many'))).toMatchObject({ status: 200 });
  });
});

describe('limits of asking at the token endpoint', () => {
  let narrow: Stage;
  beforeAll(async () => {
    narrow = await setStage((config) => void (config.limits = { pending_per_agent: 1, creates_per_minute: 3 }), {
      roles: 'api',
    });
  });
  afterAll(() => narrow.close());

  it('are those of creating calls, and say when to come again', async () => {
    const asker = narrow.caller('support-bot');
    expect((await asker.askHere(DEFERRED_TOO)).body.error).toBe('authorization_pending');
    const crowded = await asker.askHere({ ...refundAsk('2'), completion_mode: 'deferred' });
    expect(crowded).toMatchObject({ status: 429, body: { error: 'temporarily_unavailable' } });
    expect(crowded.headers.get('retry-after')).toBe('30');
    const hasty = await until('the minute is full', async () => {
      const given = await asker.askHere(READ_HERE);
      return given.status === 429 && given;
    });
    expect(hasty.body.error).toBe('temporarily_unavailable');
    expect(Number(hasty.headers.get('retry-after'))).toBeGreaterThan(0);
  });
});
