import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { SignJWT } from 'jose';
import { hashSecret } from '#identity/agents/client-secret.js';
import type { Answer } from '../../harness/actors/agent.js';
import { startTestBroker, type Broker } from '../../harness/brokers/broker.js';
import { expectProblem, sendRaw } from '../../harness/judges/problem.js';
import { setStage, type Stage } from '../../harness/world/stage.js';

const SECRET = 'a+b %41 c';
const now = (): number => Math.floor(Date.now() / 1000);

let stage: Stage;
/** The same world, called by a name of this machine. */
let near: Broker;

beforeAll(async () => {
  const hash = await hashSecret(SECRET);
  stage = await setStage(
    (config) => config.clients.push({ id: 'ledger-api', auth: { secret_hash: hash }, roles: ['auditor'] }),
    { roles: 'api', extra: { WRIT_ISSUER: 'https://broker.example' } },
  );
  near = await startTestBroker(stage.world, { roles: 'api', slack: stage.broker.slack });
});
afterAll(async () => {
  await near.close();
  await stage.close();
});

const own = (claims: Record<string, unknown> = {}): Promise<string> => stage.caller('support-bot').assertion(claims);
const basic = (id: string, secret: string): string => `Basic ${Buffer.from(`${id}:${secret}`).toString('base64')}`;
const call = (authorization: string, base = stage.broker.base, path = '/v1/requestable'): Promise<Answer> =>
  sendRaw(base + path, 'GET', undefined, { authorization });
const form = (authorization: string): Promise<Answer> =>
  sendRaw(`${stage.broker.base}/oauth/introspect`, 'POST', 'token=x', {
    authorization,
    'content-type': 'application/x-www-form-urlencoded',
  });

type Line = Record<string, unknown> & { reason?: string; client?: string };
const told = (broker: Broker, reason: string, client?: string): Line[] =>
  broker.logged
    .map((line) => JSON.parse(line) as Line)
    .filter((line) => line.message === 'a caller was not authenticated' && line.reason === reason)
    .filter((line) => client === undefined || line.client === client);
async function counted(reason: string): Promise<number> {
  const { body } = await sendRaw(`${stage.broker.base}/metrics`, 'GET', undefined);
  const line = String(body)
    .split('\n')
    .find((candidate) => candidate.startsWith(`writ_auth_refused_total{reason="${reason}"}`));
  return Number(line?.split(' ').at(-1) ?? 0);
}

const foreign = (claims: Record<string, unknown>): Promise<string> => {
  const pair = stage.world.keys['support-bot'];
  if (pair === undefined) throw new Error('no keys');
  return new SignJWT({ aud: stage.broker.issuer, iat: now(), exp: now() + 60, ...claims })
    .setProtectedHeader({ alg: 'ES256' })
    .sign(pair.privateKey);
};

/** A credential that proves nothing, and what the operator reads of it. */
const REFUSED: readonly (readonly [string, string | undefined, () => Promise<string> | string])[] = [
  ['expired', 'support-bot', async () => `Bearer ${await own({ iat: now() - 100, exp: now() - 1 })}`],
  ['lifetime', 'support-bot', async () => `Bearer ${await own({ exp: now() + 500 })}`],
  ['not_yet_valid', 'support-bot', async () => `Bearer ${await own({ nbf: now() + 500 })}`],
  ['audience', 'support-bot', async () => `Bearer ${await own({ aud: 'https://other.example' })}`],
  ['token_claims', 'support-bot', async () => `Bearer ${await own({ jti: undefined })}`],
  ['not_registered', 'gone-bot', async () => `Bearer ${await own({ iss: 'gone-bot', sub: 'gone-bot' })}`],
  ['signature', 'rival-bot', async () => `Bearer ${await own({ iss: 'rival-bot', sub: 'rival-bot' })}`],
  ['unreadable_token', undefined, () => 'Bearer a.b.c'],
  ['unreadable_header', undefined, () => 'Token abc'],
  ['wrong_secret', 'ledger-api', () => basic('ledger-api', 'no')],
  ['not_registered', 'retired-api', () => basic('retired-api', 'its-old-secret')],
  ['other_method', 'payments-api', () => basic('payments-api', 'no')],
  ['unknown_workload', undefined, async () => `Bearer ${await foreign({ iss: 'https://ci.example', sub: 'job' })}`],
];

describe('a caller who is refused', () => {
  it.each(REFUSED)(
    'for %s is told of once a minute with their name, %s, and counted each time',
    async (reason, client, make) => {
      const before = await counted(reason);
      for (let n = 0; n < 5; n += 1) {
        const got = await call(await make());
        expectProblem(got, 401, 'unauthenticated');
        expect(got.body.detail).toBe('Authenticate with a signed assertion or a session.');
      }
      expect(await counted(reason)).toBe(before + 5);
      const lines = told(stage.broker, reason, client);
      // The minute may turn under the calls.
      expect(lines.length).toBeGreaterThanOrEqual(1);
      expect(lines.length).toBeLessThanOrEqual(2);
      expect(lines[0]).toMatchObject({ level: 'warn', times: 1, detail: expect.any(String) });
    },
  );

  it('is told why by a broker on this machine, where nobody else asks', async () => {
    const wrong = await call(`Bearer ${await own({ aud: near.issuer, iat: now() - 100, exp: now() - 5 })}`, near.base);
    expect(wrong).toMatchObject({ status: 401, body: { code: 'unauthenticated', reason: 'expired' } });
    expect(wrong.body.detail).toMatch(/assertion: expired \(exp is \d+ s ago\)\.$/);
    const byForm = await sendRaw(`${near.base}/oauth/token`, 'POST', 'grant_type=x', {
      authorization: basic('ledger-api', 'no'),
      'content-type': 'application/x-www-form-urlencoded',
    });
    expect(byForm.body).toEqual({
      error: 'invalid_client',
      error_description: 'Client authentication failed: wrong secret.',
    });
  });

  it('is told of by the issuer and subject of a workload token, cut and without anything that could forge a line', async () => {
    const sub = `job\n{"level":"info"}\u202e${'x'.repeat(500)}`;
    await call(`Bearer ${await foreign({ iss: 'https://bad.example/\u0000', sub })}`);
    const line = told(stage.broker, 'unknown_workload').find(({ issuer }) => String(issuer).includes('bad.example'));
    expect(line?.['issuer']).toBe('https://bad.example/\\u0000');
    expect(line?.['subject']).toMatch(/^job\\u000a\{"level":"info"\}\\u202ex+…$/);
    expect(String(line?.['subject']).length).toBeLessThan(230);
  });

  it('leaves no credential in the log', async () => {
    const all = stage.broker.logged.join('');
    for (const secret of ['its-old-secret', SECRET, 'a%2Bb']) expect(all).not.toContain(secret);
    expect(all).not.toMatch(/eyJ[\w-]+\.eyJ/);
  });

  it('among endless names of strangers is still told of when somebody has registered them', async () => {
    for (let n = 0; n < 260; n += 20)
      await Promise.all(
        Array.from({ length: 20 }, async (_, m) =>
          call(`Bearer ${await own({ iss: `made-up-${n + m}`, sub: `made-up-${n + m}` })}`),
        ),
      );
    expect(stage.broker.logged.filter((line) => line.includes('made-up-')).length).toBeLessThanOrEqual(400);
    await call(`Bearer ${await own({ iss: 'other-api', sub: 'other-api' })}`);
    expect(told(stage.broker, 'signature', 'other-api')).toHaveLength(1);
  });
});

describe('a caller who holds the key', () => {
  it('is told that an assertion was used before', async () => {
    const assertion = await own();
    expect((await call(`Bearer ${assertion}`)).status).toBe(200);
    const again = await call(`Bearer ${assertion}`);
    expectProblem(again, 401, 'unauthenticated');
    expect(again.body).toMatchObject({ reason: 'used_before', detail: expect.stringContaining('used before') });
    const byForm = await sendRaw(
      `${stage.broker.base}/oauth/token`,
      'POST',
      new URLSearchParams({
        grant_type: 'x',
        client_assertion_type: 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer',
        client_assertion: assertion,
      }).toString(),
      { 'content-type': 'application/x-www-form-urlencoded' },
    );
    expect(byForm).toMatchObject({ status: 401, body: { error: 'invalid_client' } });
    expect(byForm.body.error_description).toContain('used before');
  });

  it('is told that a secret was sent without encoding it, and only who holds it is', async () => {
    const encoded = encodeURIComponent(SECRET);
    expect((await form(basic('ledger-api', encoded))).status).toBe(200);
    const raw = await form(basic('ledger-api', SECRET));
    expect(raw.status).toBe(401);
    expect(raw.body.error_description).toContain('sent unencoded');
    expectProblem(await call(basic('ledger-api', SECRET), stage.broker.base, '/v1/grants'), 401, 'unauthenticated');
    for (const wrong of ['a+b %41 d', '100%', 'a b A c'])
      expect((await form(basic('ledger-api', wrong))).body.error_description).toBe('Client authentication failed.');
    expect((await form(basic('ledger-api', encoded))).status).toBe(200);
  });

  it('is told so of a secret that does not decode at all', async () => {
    const hash = await hashSecret('100%');
    const third = await setStage(
      (config) => config.clients.push({ id: 'percent-api', auth: { secret_hash: hash }, roles: ['auditor'] }),
      { roles: 'api', extra: { WRIT_ISSUER: 'https://broker.example' } },
    );
    const got = await sendRaw(`${third.broker.base}/oauth/introspect`, 'POST', 'token=x', {
      authorization: basic('percent-api', '100%'),
      'content-type': 'application/x-www-form-urlencoded',
    });
    expect(got.body.error_description).toContain('sent unencoded');
    await third.close();
  });
});
