import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { readAsk } from '../../harness/actors/agent.js';
import { brokenInvariants } from '../../harness/judges/invariants.js';
import { until } from '../../harness/judges/until.js';
import { created, setStage, storyOf, type Stage } from '../../harness/world/stage.js';
import { ageReadyGrant } from '../../harness/world/superuser.js';

const READ = { action: 'payment.read', identifier: null, arguments: null };

interface Held {
  readonly grant: string;
  readonly escalation: string;
  readonly token: string;
}

async function rowsOfOutbox(stage: Stage): Promise<number> {
  const { rows } = await stage.world.database.pool.query<{ rows: number }>(
    `select count(*)::int as "rows" from "outbox"`,
  );
  return rows[0]?.rows ?? -1;
}

async function allowed(stage: Stage, more: Record<string, unknown> = {}) {
  const asked = created(await stage.caller('support-bot').ask({ ...readAsk(), ...more }), 201);
  const { body } = await stage.caller('support-bot').get(`/v1/escalations/${asked.id}`);
  return { escalation: asked.id, grant: body.grant.id as string, code: asked.continuation.deferral_code };
}

async function held(stage: Stage, more: Record<string, unknown> = {}): Promise<Held> {
  const { code, ...ids } = await allowed(stage, more);
  const { body } = await stage.caller('support-bot').redeem(code);
  return { ...ids, token: body.access_token as string };
}

const written = async (stage: Stage, grant: string): Promise<unknown> => {
  const { rows } = await stage.world.database.pool.query<{ status: string }>(
    `select "status" from "grants" where "id" = $1`,
    [grant],
  );
  return rows[0]?.status;
};

describe('what policy allows by itself', () => {
  let stage: Stage;
  let working: Stage;

  beforeAll(async () => {
    stage = await setStage(() => undefined, { roles: 'api' });
    working = await setStage();
  });
  afterAll(async () => {
    expect(await brokenInvariants(stage.world)).toEqual([]);
    expect(await brokenInvariants(working.world)).toEqual([]);
  });
  afterAll(() => Promise.all([stage.close(), working.close()]));

  it('leaves nothing in the outbox from its ask to its end', async () => {
    const before = await rowsOfOutbox(stage);
    const { grant, token } = await held(stage);
    const verifier = stage.caller('payments-api');
    const used = await verifier.post('/v1/tokens/consume', { token, call_id: 'a', ...READ });
    expect(used.body).toMatchObject({ allowed: true, use: 1 });
    const refused = await verifier.post('/v1/tokens/consume', { token, call_id: 'b', ...READ, action: 'ledger.drop' });
    expect(refused.body).toMatchObject({ allowed: false });
    await stage.caller('support-bot').renew(token);
    const done = await stage.caller('support-bot').post(`/v1/grants/${grant}/complete`, { outcome: 'succeeded' });
    expect(done.body).toMatchObject({ status: 'completed' });
    expect(await rowsOfOutbox(stage)).toBe(before);
  });

  it('is over for readers at its deadline, before anybody has written so', async () => {
    const { grant, token } = await held(stage, { requested_ttl: 1 });
    const read = async () => (await stage.caller('auditor-tool').get(`/v1/grants/${grant}`)).body.grant;
    expect(await until('it is over', async () => (await read()).status === 'expired' && read())).toMatchObject({
      end_reason: 'ttl',
    });
    expect((await stage.caller('payments-api').introspect(token)).body).toEqual({ active: false });
    // Nobody sweeps here: there is no worker.
    expect(await written(stage, grant)).toBe('active');
  });

  it('has its end written by the sweeper, collected or not, with no job for it', async () => {
    const before = await rowsOfOutbox(working);
    const [collected, ready] = [await held(working, { requested_ttl: 1 }), await allowed(working)];
    await ageReadyGrant(working.world, ready.grant, 601);
    for (const { grant } of [collected, ready]) {
      const story = await until('the end is written', async () => {
        const found = await storyOf(working, grant);
        return found.types.includes('grant.expired') && found;
      });
      const end = story.events.find(({ type }) => type === 'grant.expired');
      expect(end).toMatchObject({ actor: { kind: 'system' } });
      expect(await written(working, grant)).toBe('expired');
    }
    expect(await rowsOfOutbox(working)).toBe(before);
  });

  it('never says otherwise later, not even in the table', async () => {
    const { grant } = await allowed(stage);
    await expect(
      stage.world.database.pool.query(
        `update "grants" set "people_asked" = true, "status" = 'completed', "last_change" = 'completed', "ended_at" = clock_timestamp(),
           "end_reason" = 'done' where "id" = $1`,
        [grant],
      ),
    ).rejects.toThrow('who was asked for a grant never changes');
  });
});
