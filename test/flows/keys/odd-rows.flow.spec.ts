import { randomBytes } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { decodeJwt, decodeProtectedHeader } from 'jose';
import { writ, type Session } from '../../../apps/cli/src/testing/terminal.js';
import { readAsk, type Answer } from '../../harness/actors/agent.js';
import { applyConfig } from '../../harness/world/apply.js';
import { withOtherSignature } from '../../harness/faults/forgery.js';
import { collectedRefund, created, setStage, type Stage } from '../../harness/world/stage.js';
import { statusBitOf } from '../../harness/judges/status-list.js';
import { asSuperuser } from '../../harness/world/superuser.js';
import { until } from '../../harness/judges/until.js';
import { BASE_POLICIES, type Config } from '../../harness/world/world.js';

let stage: Stage;

const rs256 = (config: Config): void => {
  config.limits = { pending_per_agent: 1_000, creates_per_minute: 10_000 };
  Object.assign(config.resources[0] ?? {}, { signing_alg: 'RS256' });
};
const plain = (config: Config): void => {
  config.limits = { pending_per_agent: 1_000, creates_per_minute: 10_000 };
};

beforeAll(async () => {
  stage = await setStage(plain, { roles: 'api' });
});
afterAll(() => stage.close());

async function collected(): Promise<Answer> {
  const { continuation } = created(await stage.caller('support-bot').ask(readAsk()), 201);
  return stage.caller('support-bot').redeem(continuation.deferral_code);
}
const query = (text: string, values: unknown[] = []) => stage.world.database.pool.query(text, values);
const command = (...argv: string[]): Promise<Session> =>
  writ(argv, {
    DATABASE_URL: stage.world.database.url,
    WRIT_MASTER_KEY: stage.world.masterKey,
    WRIT_CONFIG: stage.world.configDir,
    WRIT_DATA_DIR: stage.world.configDir,
  });
const good = async (): Promise<string> => {
  const { status, body } = await collected();
  expect([status, body]).toEqual([200, expect.objectContaining({ access_token: expect.any(String) })]);
  expect((await stage.caller('payments-api').introspect(body.access_token)).body.active).toBe(true);
  return body.access_token as string;
};

describe('a row among the signing keys that this broker does not open', () => {
  const kid = (): string => randomBytes(32).toString('base64url').replace(/^-/, 'a');
  const put = async (more: Record<string, string>): Promise<string> => {
    const row = { kid: kid(), alg: 'ES256', wrapped: 'x', from: 'now', to: '', ...more };
    await query(
      `insert into "signing_keys" ("kid", "alg", "public_jwk", "wrapped_private", "active_from", "retired_at")
       values ($1, $2, '[]', $3, $4::timestamptz, nullif($5, '')::timestamptz)`,
      [row.kid, row.alg, row.wrapped, row.from, row.to],
    );
    return row.kid;
  };

  it.each<[string, Record<string, string>]>([
    ['one that would sign', {}],
    ['one that would sign for ever', { to: 'infinity' }],
    ['one since always', { from: '-infinity' }],
    ['one at the end of days', { from: 'infinity' }],
    ['one in a year that no JavaScript has', { from: '290000-01-01' }],
    ['one with a name that is none', { kid: ' ' }],
    ['one in the form of ours', { wrapped: `v1.${randomBytes(180).toString('base64url')}` }],
  ])('stops neither signing nor reading nor publishing: %s', async (_what, row) => {
    const odd = await put(row);
    const token = await good();
    expect(decodeProtectedHeader(token).kid).not.toBe(odd);
    const jwks = await fetch(`${stage.broker.base}/oauth/jwks`);
    expect(jwks.status).toBe(200);
    const { keys } = (await jwks.json()) as { keys: { kid: string }[] };
    expect(keys.map((key) => key.kid)).toContain(decodeProtectedHeader(token).kid);
    expect(keys.map((key) => key.kid)).not.toContain(odd);
    expect((await command('keys', 'list')).exit).toBe(0);
    const told = await until('it is told', async () => {
      const { body } = await stage.caller('auditor-tool').get('/v1/audit/events?type=seal.broken&limit=200');
      const about = body.items.filter(({ data }: { data: { row: string } }) => data.row === odd);
      return about.length > 0 && about;
    });
    expect(told).toMatchObject([{ data: { kind: 'key', row: odd } }]);
  });

  it('is not the first key of its algorithm', async () => {
    await put({ alg: 'RS256' });
    await applyConfig(stage.world, rs256, BASE_POLICIES);
    const token = await until('an RS256 key is made', async () => {
      const { status, body } = await collected();
      return status === 200 && String(body.access_token);
    });
    expect(decodeProtectedHeader(token).alg).toBe('RS256');
    await applyConfig(stage.world, plain, BASE_POLICIES);
  });

  it('stands in the way of no rotation and takes the place of no compromised key', async () => {
    await put({ from: '2100-01-01' });
    const before = String(decodeProtectedHeader(await good()).kid);
    expect(await command('keys', 'rotate', '--now')).toMatchObject({ exit: 0 });
    const next = String(decodeProtectedHeader(await good()).kid);
    expect(next).not.toBe(before);
    const compromised = await command('keys', 'compromise', next, '--reason', 'Drill.');
    expect(compromised).toMatchObject({ exit: 0, out: expect.stringContaining('signs from now on') });
    expect(String(decodeProtectedHeader(await good()).kid)).not.toBe(next);
  });

  it('may be declared compromised itself', async () => {
    const odd = await put({});
    expect(await command('keys', 'compromise', odd, '--reason', 'Not ours.')).toMatchObject({ exit: 0 });
    await good();
  });
});

describe('an odd row elsewhere', () => {
  it.each([
    ['full', `insert into "status_lists" ("n", "size") values (2147483646, 8)`],
    ['last of all', `insert into "status_lists" ("n", "size") values (2147483647, 131072)`],
    ['from the future', `insert into "status_lists" ("n", "size", "created_at") values (900000, 8, 'infinity')`],
  ])('among the status lists stops no token: one that is %s', async (_what, statement) => {
    await query(statement);
    const token = await good();
    expect(await statusBitOf(stage.broker.issuer, token)).toBe(0);
  });

  it('among the grants hides no other from a status list', async () => {
    const [odd, held] = [await collectedRefund(stage), await collectedRefund(stage)];
    await asSuperuser(stage.world, `update "grants" set "parents" = '{grt_nowhere}' where "id" = $1`, [odd.grant]);
    await until('its bit', async () => (await statusBitOf(stage.broker.issuer, odd.token)) === 1);
    expect(await statusBitOf(stage.broker.issuer, held.token)).toBe(0);
    expect((await stage.caller('payments-api').introspect(odd.token)).body).toEqual({ active: false });
    expect((await stage.caller('auditor-tool').get('/v1/grants')).status).toBe(200);
  });
});

describe('the other signature of a token', () => {
  it('is none: it is not read, used, renewed, handed on from, nor given back', async () => {
    for (let round = 0; round < 8; round += 1) {
      const token = await good();
      const twin = withOtherSignature(token);
      expect(decodeJwt(twin)).toEqual(decodeJwt(token));
      expect((await stage.caller('payments-api').introspect(twin)).body).toEqual({ active: false });
      const call = { token: twin, action: 'payment.read', call_id: `twin-${round}` };
      expect((await stage.caller('payments-api').post('/v1/tokens/consume', call)).body.code).toBe('inactive');
      expect((await stage.caller('support-bot').renew(twin)).status).toBe(400);
      expect((await stage.caller('rival-bot').ask(readAsk(), { 'writ-parent-token': twin })).status).toBe(400);
      await stage.caller('support-bot').form('/oauth/revoke', { token: twin });
      expect((await stage.caller('payments-api').introspect(token)).body.active).toBe(true);
    }
  });

  it('of one from before this was so is good until it ends, which is within the hour', async () => {
    const token = await good();
    await asSuperuser(stage.world, `update "tokens" set "canonical" = false where "jti" = $1`, [decodeJwt(token).jti]);
    expect((await stage.caller('payments-api').introspect(withOtherSignature(token))).body.active).toBe(true);
  });

  it('of an agent’s assertion is its own: half of all signatures are such', async () => {
    const assertion = await stage.caller('support-bot').assertion();
    const authorization = `Bearer ${withOtherSignature(assertion)}`;
    const answer = await stage.caller('support-bot').get('/v1/requestable', { authorization });
    expect(answer.status).toBe(200);
  });
});

describe('a token for a resource that has left the catalog', () => {
  it('is none, or the shortest there is', async () => {
    const { continuation } = created(await stage.caller('support-bot').ask(readAsk()), 201);
    await applyConfig(
      stage.world,
      (config) => {
        plain(config);
        config.resources.shift();
        Object.assign(config.limits, { on_policy_change: 'off' });
      },
      '@id("others") @outcome("allow") permit (principal, action == Writ::Action::"other.read", resource);',
    );
    const { status, body } = await stage.caller('support-bot').redeem(continuation.deferral_code);
    if (status === 200) expect(body.expires_in).toBe(1);
    else expect(body.error).toBe('access_denied');
    await applyConfig(stage.world, plain, BASE_POLICIES);
  });
});
