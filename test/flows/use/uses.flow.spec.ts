import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { decodeJwt, decodeProtectedHeader } from 'jose';
import { writ } from '../../../apps/cli/src/testing/terminal.js';
import { readAsk, type Answer } from '../../harness/actors/agent.js';
import { applyConfig } from '../../harness/world/apply.js';
import { brokenInvariants } from '../../harness/judges/invariants.js';
import { collectedRefund, created, setStage, storyOf, type Collected, type Stage } from '../../harness/world/stage.js';
import { until } from '../../harness/judges/until.js';
import { asSuperuser, silenceGrant } from '../../harness/world/superuser.js';
import { BASE_POLICIES, type Config } from '../../harness/world/world.js';

/** A broker without a worker: what ends here ends on read. */
let stage: Stage;

const GRANTED = { action: 'refund.create', identifier: 'order/8812', arguments: { order: '8812', amount: 4000 } };
const INACTIVE = { allowed: false, code: 'inactive' };
const heartbeat = (config: Config): void => {
  config.limits = { pending_per_agent: 1_000, creates_per_minute: 10_000 };
  const actions = config.resources[0]?.['actions'] as Record<string, Record<string, unknown>>;
  Object.assign(actions['refund.create'] ?? {}, { heartbeat: 30 });
};

beforeAll(async () => {
  stage = await setStage(heartbeat, { roles: 'api' });
});
beforeEach(() => applyConfig(stage.world, heartbeat, BASE_POLICIES));
afterAll(() => stage.close());

const consume = async (token: string, call_id: string, call: object = GRANTED): Promise<Answer['body']> =>
  (await stage.caller('payments-api').post('/v1/tokens/consume', { token, call_id, ...call })).body;
const operator = () => stage.caller('ops-cli');
const brokenSeals = async (): Promise<{ kind: string; row: string }[]> =>
  (await stage.caller('auditor-tool').get('/v1/audit/events?type=seal.broken')).body.items.map(
    ({ data }: { data: object }) => data,
  );
/** One row such as the broker writes for a use that it allowed, as the serving role may insert it. */
const forgeUse = async (held: Collected, callId: string, hash: string, answer: object): Promise<string> => {
  const { rows } = await stage.world.database.pool.query<{ id: string }>(
    `insert into "token_uses" ("jti", "grant_id", "verifier", "call_id", "call_hash", "action", "identifier", "answer")
     values ($1, $2, 'payments-api', $3, $4, 'refund.create', null, $5) returning "id"::text as "id"`,
    [decodeJwt(held.token).jti, held.grant, callId, hash, JSON.stringify(answer)],
  );
  return rows[0]?.id ?? '';
};
const hashOf = async (token: string, callId: string): Promise<string> => {
  const { rows } = await stage.world.database.pool.query<{ hash: string }>(
    `select "call_hash" as "hash" from "token_uses" where "jti" = $1 and "call_id" = $2`,
    [decodeJwt(token).jti, callId],
  );
  return rows[0]?.hash ?? '';
};

describe('a use that somebody wrote into the database', () => {
  const other = { ...GRANTED, identifier: 'order/9999', arguments: { order: '9999', amount: 900_000 } };
  const forbidden = { action: 'ledger.drop' };

  it('allows nothing, is told once, and does not stand in the way of the true call', async () => {
    const held = await collectedRefund(stage, { max_uses: 3 });
    const answer = { allowed: true, use: 1, remaining: 2 };
    for (const [id, call] of Object.entries({ other, forbidden })) {
      await consume(held.token, `real-${id}`, call);
      const row = await forgeUse(held, id, await hashOf(held.token, `real-${id}`), answer);
      expect((await consume(held.token, id, call)).allowed).toBe(false);
      expect((await consume(held.token, id, call)).allowed).toBe(false);
      await until('it is told', async () => (await brokenSeals()).some((told) => told.row === row));
    }
    expect(await brokenSeals()).toHaveLength(2);
    expect(await consume(held.token, 'true', GRANTED)).toEqual({ allowed: true, use: 1, remaining: 2 });
    await forgeUse(held, 'second', await hashOf(held.token, 'true'), { allowed: true, use: 1, remaining: 2 });
    expect(await consume(held.token, 'second', GRANTED)).toEqual({ allowed: true, use: 2, remaining: 1 });
    expect(await consume(held.token, 'second', GRANTED)).toEqual({
      allowed: true,
      use: 2,
      remaining: 1,
      replayed: true,
    });
    expect(await brokenInvariants(stage.world)).not.toContainEqual(expect.stringMatching(/^a live token/));
    await stage.caller('support-bot').post(`/v1/grants/${held.grant}/complete`, { outcome: 'succeeded' });
    await forgeUse(held, 'late', await hashOf(held.token, 'true'), answer);
    expect(await consume(held.token, 'late', GRANTED)).toEqual(INACTIVE);
  });

  it.each([
    ['numbers that no JavaScript holds', '{"allowed": true, "use": 1e400, "remaining": 1}'],
    ['nothing', '{}'],
    ['a list', '[]'],
    ['a text', '"allowed"'],
    ['no value', 'null'],
  ])('with %s for an answer is no fault of the broker', async (_what, answer) => {
    const held = await collectedRefund(stage, { max_uses: 2 });
    await consume(held.token, 'first');
    await stage.world.database.pool.query(
      `insert into "token_uses" ("jti", "grant_id", "verifier", "call_id", "call_hash", "action", "answer")
       select "jti", "grant_id", "verifier", 'odd', "call_hash", "action", $2::jsonb from "token_uses" where "jti" = $1`,
      [decodeJwt(held.token).jti, answer],
    );
    expect(await consume(held.token, 'odd')).toEqual({ allowed: true, use: 2, remaining: 0 });
  });

  it('copied from a true one, or changed under its seal, is another call', async () => {
    const held = await collectedRefund(stage, { max_uses: 1 });
    expect((await consume(held.token, 'one')).allowed).toBe(true);
    await stage.world.database.pool.query(
      `insert into "token_uses" ("jti", "grant_id", "verifier", "call_id", "call_hash", "action", "identifier", "answer", "mac")
       select "jti", "grant_id", "verifier", 'two', "call_hash", "action", "identifier", "answer", "mac" from "token_uses" where "jti" = $1`,
      [decodeJwt(held.token).jti],
    );
    expect(await consume(held.token, 'two')).toEqual({ allowed: false, code: 'used_up' });
    await asSuperuser(
      stage.world,
      `update "token_uses" set "answer" = '{"allowed": true, "use": 1, "remaining": 5}' where "jti" = $1 and "call_id" = 'one'`,
      [decodeJwt(held.token).jti],
    );
    expect(await consume(held.token, 'one')).toEqual({ allowed: false, code: 'used_up' });
  });

  it('is not in the history of the grant', async () => {
    const held = await collectedRefund(stage, { max_uses: 2 });
    await consume(held.token, 'true');
    await forgeUse(held, 'forged', await hashOf(held.token, 'true'), { allowed: true, use: 2, remaining: 0 });
    const { uses } = (await stage.caller('auditor-tool').get(`/v1/grants/${held.grant}`)).body;
    expect(uses.map(({ call_id }: { call_id: string }) => call_id)).toEqual(['true']);
  });

  it.each([
    ['back to none', `update "grants" set "uses" = 0 where "id" = $1`],
    ['back as a use', `update "grants" set "uses" = 0, "last_change" = 'used' where "id" = $1`],
    ['on by two', `update "grants" set "uses" = "uses" + 2, "last_change" = 'used' where "id" = $1`],
  ])('cannot be made by setting the counter %s', async (_how, statement) => {
    const held = await collectedRefund(stage);
    await consume(held.token, 'one');
    await expect(stage.world.database.pool.query(statement, [held.grant])).rejects.toThrow();
    expect(await consume(held.token, 'two')).toEqual({ allowed: false, code: 'used_up' });
  });
});

describe('the same call_id again', () => {
  it('repeats the first answer, marked, without a second use, whether uses are left or not', async () => {
    const held = await collectedRefund(stage);
    const first = await consume(held.token, 'a');
    expect(first).toEqual({ allowed: true, use: 1, remaining: 0 });
    expect(await consume(held.token, 'a')).toEqual({ ...first, replayed: true });
    expect(await consume(held.token, 'b')).toEqual({ allowed: false, code: 'used_up' });
    expect(await consume(held.token, 'b')).toEqual({ allowed: false, code: 'used_up', replayed: true });
    expect((await storyOf(stage, held.grant)).types.filter((type) => type === 'token.used')).toHaveLength(1);
    const changed = { token: held.token, call_id: 'a', ...GRANTED, identifier: 'order/1' };
    const conflict = await stage.caller('payments-api').post('/v1/tokens/consume', changed);
    expect(conflict).toMatchObject({ status: 409, body: { code: 'idempotency_mismatch' } });
  });

  it('of a call that is not within what was granted is refused without a mark', async () => {
    const held = await collectedRefund(stage, { max_uses: 3 });
    const call = { ...GRANTED, arguments: { order: '8812', amount: 5 } };
    expect(await consume(held.token, 'a', call)).toEqual({ allowed: false, code: 'digest_mismatch' });
    expect(await consume(held.token, 'a', call)).toEqual(INACTIVE);
  });

  const ENDS: readonly (readonly [string, (held: Collected) => Promise<unknown>])[] = [
    ['it is revoked', ({ grant }) => operator().post(`/v1/grants/${grant}/revoke`, { reason: 'Over.' })],
    ['it is given back', ({ token }) => stage.caller('support-bot').form('/oauth/revoke', { token })],
    [
      'it is completed',
      ({ grant }) => stage.caller('support-bot').post(`/v1/grants/${grant}/complete`, { outcome: 'succeeded' }),
    ],
    ['it is renewed', ({ token }) => stage.caller('support-bot').renew(token)],
    ['its agent is suspended', () => operator().post('/v1/agents/support-bot/suspend', {})],
    [
      'its task is ended',
      () => operator().post('/v1/kill', { kind: 'task', id: 'support-bot/run-77', reason: 'Over.' }),
    ],
    ['its approver is', () => operator().post('/v1/kill', { kind: 'approver', id: 'bob', reason: 'Over.' })],
    ['its agent is silent', ({ grant }) => silenceGrant(stage.world, grant, 100)],
    [
      'its grant is tampered with',
      ({ grant }) => asSuperuser(stage.world, `update "grants" set "max_uses" = 9 where "id" = $1`, [grant]),
    ],
    [
      'it has run out',
      ({ grant }) =>
        asSuperuser(
          stage.world,
          `with old as (update "tokens" set "expires_at" = now() where "grant_id" = $1)
           update "grants" set "expires_at" = now(), "deadline" = now() where "id" = $1`,
          [grant],
        ),
    ],
    [
      'policy forbids it',
      () =>
        applyConfig(
          stage.world,
          heartbeat,
          `${BASE_POLICIES}\n@id("closed") forbid (principal, action == Writ::Action::"refund.create", resource);`,
        ),
    ],
    [
      'its action has left the catalog',
      () =>
        applyConfig(
          stage.world,
          (config) => {
            heartbeat(config);
            Object.assign(config.limits, { on_policy_change: 'off' });
            delete (config.resources[0]?.['actions'] as Record<string, unknown>)['refund.create'];
          },
          BASE_POLICIES.split('\n')
            .filter((line) => !line.includes('refund'))
            .join('\n'),
        ),
    ],
    [
      'its verifier is one no more',
      () =>
        applyConfig(stage.world, (config) => {
          heartbeat(config);
          Object.assign(config.resources[0] ?? {}, { verifiers: [] });
        }),
    ],
    [
      'its key is compromised',
      ({ token }) =>
        writ(['keys', 'compromise', String(decodeProtectedHeader(token).kid), '--reason', 'Drill.'], {
          DATABASE_URL: stage.world.database.url,
          WRIT_MASTER_KEY: stage.world.masterKey,
          WRIT_CONFIG: stage.world.configDir,
          WRIT_DATA_DIR: stage.world.configDir,
        }),
    ],
  ];
  afterEach(() => operator().post('/v1/agents/support-bot/resume', {}));

  it.each(ENDS)('says nothing of the first answer when %s', async (_how, end) => {
    const held = await collectedRefund(stage, { max_uses: 2 });
    const [first, refused] = [
      await consume(held.token, 'a'),
      await consume(held.token, 'no', { action: 'payment.read' }),
    ];
    expect([first, refused]).toMatchObject([{ allowed: true }, { code: 'action_not_granted' }]);
    await end(held);
    expect(await consume(held.token, 'a')).toEqual(INACTIVE);
    expect(await consume(held.token, 'b')).toEqual(INACTIVE);
  });

  it('at another verifier’s hand, or under the next token, is another call', async () => {
    const held = await collectedRefund(stage, { max_uses: 2 });
    await consume(held.token, 'a');
    const renewed = (await stage.caller('support-bot').renew(held.token)).body.access_token as string;
    expect(await consume(renewed, 'a')).toEqual({ allowed: true, use: 2, remaining: 0 });
  });
});

describe('an action that takes no arguments', () => {
  const held = async (): Promise<string> => {
    const { continuation } = created(await stage.caller('support-bot').ask(readAsk()), 201);
    return (await stage.caller('support-bot').redeem(continuation.deferral_code)).body.access_token as string;
  };

  it.each<[object]>([[{}], [{ order: '1' }]])('refuses %j', async (args) => {
    const token = await held();
    const call = { action: 'payment.read', arguments: args };
    expect(await consume(token, 'a', call)).toEqual({ allowed: false, code: 'digest_mismatch' });
    expect((await consume(token, 'b', { action: 'payment.read' })).allowed).toBe(true);
  });

  it('as it was when it was granted takes none when the catalog has come to give it some', async () => {
    const token = await held();
    await applyConfig(
      stage.world,
      (config) => {
        heartbeat(config);
        Object.assign(config.limits, { on_policy_change: 'off' });
        const actions = config.resources[0]?.['actions'] as Record<string, unknown>;
        const properties = { page: { type: 'string' } };
        actions['payment.read'] = {
          risk: 'low',
          arguments: { type: 'object', additionalProperties: false, required: [], properties },
        };
      },
      BASE_POLICIES,
    );
    const call = { action: 'payment.read', arguments: { page: '1' } };
    expect((await consume(token, 'a', call)).allowed).toBe(false);
  });

  it('refuses those that were granted before the catalog took them away', async () => {
    const granted = await collectedRefund(stage, { max_uses: 2 });
    await applyConfig(
      stage.world,
      (config) => {
        heartbeat(config);
        Object.assign(config.limits, { on_policy_change: 'off' });
        (config.resources[0]?.['actions'] as Record<string, unknown>)['refund.create'] = { risk: 'high' };
      },
      BASE_POLICIES,
    );
    expect((await consume(granted.token, 'a')).allowed).toBe(false);
    expect((await consume(granted.token, 'b', { ...GRANTED, arguments: undefined })).allowed).toBe(false);
  });
});
