import { createHmac, createSecretKey, generateKeyPairSync, randomUUID } from 'node:crypto';
import { request } from 'node:http';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { SignJWT } from 'jose';
import { hashSecret } from '#identity/agents/client-secret.js';
import { DEFERRED, readAsk, type Answer } from '../harness/actors/agent.js';
import { fingerprint } from '../harness/judges/fingerprint.js';
import { expectProblem, sendRaw } from '../harness/judges/problem.js';
import { collectedRefund, setStage, type Collected, type Stage } from '../harness/world/stage.js';
import { until } from '../harness/judges/until.js';

let stage: Stage;
let held: Collected;
let issuer: string;
/** Where it answers: on this machine, but not for it, so that callers are told no more than strangers. */
let base: string;

beforeAll(async () => {
  const hash = await hashSecret('right');
  stage = await setStage(
    (config) => config.clients.push({ id: 'ledger-api', auth: { secret_hash: hash }, roles: ['auditor'] }),
    { roles: 'api', extra: { WRIT_ISSUER: 'https://broker.example' } },
  );
  ({ issuer, base } = stage.broker);
  held = await collectedRefund(stage);
  for (const id of ['olga', 'carol', 'erin']) await stage.person(id);
});
afterAll(() => stage.close());

const now = (): number => Math.floor(Date.now() / 1000);
const base64url = (value: unknown): string => Buffer.from(JSON.stringify(value)).toString('base64url');
const claims = (more: Record<string, unknown> = {}): Record<string, unknown> => ({
  iss: 'support-bot',
  sub: 'support-bot',
  aud: issuer,
  iat: now(),
  exp: now() + 60,
  jti: randomUUID(),
  ...more,
});
const own = (more: Record<string, unknown> = {}): Promise<string> => stage.caller('support-bot').assertion(more);

function keysOf(id: string): {
  kid: string;
  privateKey: Parameters<SignJWT['sign']>[0];
  publicJwk: Record<string, unknown>;
} {
  const pair = stage.world.keys[id];
  if (pair === undefined) throw new Error(`no keys for ${id}`);
  return pair;
}

function signed(
  header: Record<string, unknown>,
  key: Parameters<SignJWT['sign']>[0],
  more: Record<string, unknown> = {},
): Promise<string> {
  return new SignJWT(claims(more)).setProtectedHeader({ alg: 'ES256', ...header }).sign(key);
}

/** A public key used as a shared secret: what a verifier that trusts `alg` would accept. */
function hs256(secret: string): string {
  const input = `${base64url({ alg: 'HS256', kid: keysOf('support-bot').kid })}.${base64url(claims())}`;
  return `${input}.${createHmac('sha256', createSecretKey(Buffer.from(secret)))
    .update(input)
    .digest('base64url')}`;
}

const stranger = generateKeyPairSync('ec', { namedCurve: 'P-256' });

/** Each makes an assertion that proves nothing. */
const WORTHLESS: readonly (readonly [string, () => Promise<string> | string])[] = [
  ['garbage', () => 'garbage'],
  ['three dots of garbage', () => 'a.b.c'],
  ['an empty token', () => '..'],
  ['one that has expired', () => own({ iat: now() - 100, exp: now() - 1 })],
  ['one that expires before it was issued', () => own({ iat: now() + 20, exp: now() + 10 })],
  ['one that lives 121 seconds', () => own({ iat: now(), exp: now() + 121 })],
  ['one issued in the future', () => own({ iat: now() + 90, exp: now() + 120 })],
  ['one that is not valid yet', () => own({ nbf: now() + 90 })],
  ['one without exp', () => own({ exp: undefined })],
  ['one without iat', () => own({ iat: undefined })],
  ['one without jti', () => own({ jti: undefined })],
  ['one whose exp is a text', () => own({ exp: String(now() + 60) as unknown as number })],
  ['the token endpoint as audience', () => own({ aud: `${issuer}/oauth/token` })],
  ['the issuer with a slash as audience', () => own({ aud: `${issuer}/` })],
  ['another issuer as audience', () => own({ aud: 'https://writ.example' })],
  ['the issuer and another as audience', () => own({ aud: [issuer, 'https://payments.example'] })],
  ['no audience', () => own({ aud: undefined })],
  ['an empty list of audiences', () => own({ aud: [] })],
  ['iss that is not sub', () => own({ iss: 'rival-bot' })],
  ['sub that is not iss', () => own({ sub: 'rival-bot' })],
  ['no sub', () => own({ sub: undefined })],
  ['an unknown agent', () => own({ iss: 'nobody', sub: 'nobody' })],
  ['an agent whose id is an inherited name', () => own({ iss: 'constructor', sub: 'constructor' })],
  ['a person', () => own({ iss: 'bob', sub: 'bob' })],
  ['a key of another agent', () => signed({ kid: keysOf('rival-bot').kid }, keysOf('rival-bot').privateKey)],
  [
    'a key of another agent under its own kid',
    () => signed({ kid: keysOf('support-bot').kid }, keysOf('rival-bot').privateKey),
  ],
  [
    'a key that it brings along',
    () => signed({ jwk: stranger.publicKey.export({ format: 'jwk' }) }, stranger.privateKey),
  ],
  ['a key that it says where to fetch', () => signed({ jku: 'https://keys.example/jwks' }, stranger.privateKey)],
  ['no signature', async () => `${base64url({ alg: 'none' })}.${base64url(claims())}.`],
  ['no signature in another spelling', async () => `${base64url({ alg: 'nOnE' })}.${base64url(claims())}.`],
  [
    'alg none with the signature of another token',
    async () => `${base64url({ alg: 'none' })}.${base64url(claims())}.${(await own()).split('.')[2]}`,
  ],
  ['HS256 with the public key as secret', () => hs256(JSON.stringify(keysOf('support-bot').publicJwk))],
  ['HS256 with an empty secret', () => hs256('')],
  [
    'claims that were changed after signing',
    async () => (await own()).replace(/\.[^.]+\./, `.${base64url(claims())}.`),
  ],
  [
    'a type that is an access token',
    () => signed({ kid: keysOf('support-bot').kid, typ: 'at+jwt' }, keysOf('support-bot').privateKey),
  ],
  ['an access token', () => held.token],
  ['a deferral code', () => held.code],
];

const viaBearer = (token: string, path = '/v1/requestable'): Promise<Answer> =>
  sendRaw(base + path, 'GET', undefined, { authorization: `Bearer ${token}` });
const viaForm = (token: string, path = '/oauth/token'): Promise<Answer> =>
  sendRaw(
    base + path,
    'POST',
    new URLSearchParams({
      grant_type: DEFERRED,
      deferral_code: 'x',
      token: 'x',
      client_assertion_type: 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer',
      client_assertion: token,
    }).toString(),
    { 'content-type': 'application/x-www-form-urlencoded' },
  );

describe('what proves nothing', () => {
  it.each(WORTHLESS)('%s: the same 401 as no credentials on /v1, and nothing is kept', async (_name, make) => {
    const nobody = await sendRaw(`${base}/v1/requestable`, 'GET', undefined);
    const before = await fingerprint(stage.world.database.pool);
    const got = await viaBearer(await make());
    expectProblem(got, 401, 'unauthenticated');
    expect(got.body).toEqual(nobody.body);
    expect(got.headers.get('www-authenticate')).toBe(nobody.headers.get('www-authenticate'));
    expect(await fingerprint(stage.world.database.pool)).toBe(before);
  });

  it.each(WORTHLESS)('%s: the same invalid_client on /oauth, and nothing is kept', async (_name, make) => {
    const before = await fingerprint(stage.world.database.pool);
    for (const path of ['/oauth/token', '/oauth/introspect', '/oauth/revoke']) {
      const got = await viaForm(await make(), path);
      expect(got.status).toBe(401);
      expect(got.body).toEqual({ error: 'invalid_client', error_description: 'Client authentication failed.' });
    }
    expect(await fingerprint(stage.world.database.pool)).toBe(before);
  });

  it.each([
    ['no header', undefined],
    ['an empty header', ''],
    ['a scheme alone', 'Bearer'],
    ['a scheme and a space', 'Bearer '],
    ['another scheme', 'Token abc'],
    ['Basic of an unknown client', `Basic ${btoa('nobody:secret')}`],
    ['Basic of an agent', `Basic ${btoa('support-bot:secret')}`],
    ['Basic of a client that has keys', `Basic ${btoa('payments-api:secret')}`],
    ['Basic that is no base64', 'Basic %%%'],
  ])('%s: 401 on every route', async (_name, authorization) => {
    const headers: Record<string, string> = authorization === undefined ? {} : { authorization };
    const nobody = await sendRaw(`${base}/v1/requestable`, 'GET', undefined);
    for (const path of [
      '/v1/requestable',
      '/v1/grants',
      '/v1/audit/events',
      `/v1/grants/${held.grant}`,
      `/v1/escalations/${held.id}`,
      '/v1/sessions/current',
    ]) {
      const got = await sendRaw(base + path, 'GET', undefined, headers);
      expectProblem(got, 401, 'unauthenticated');
      expect(got.body).toEqual(nobody.body);
    }
  });
});

describe('an assertion is used once', () => {
  it.each([
    ['/v1 and /v1', viaBearer, viaBearer],
    ['/v1 and /oauth', viaBearer, viaForm],
    ['/oauth and /v1', viaForm, viaBearer],
    ['/oauth and /oauth', viaForm, viaForm],
  ])('on %s together', async (_name, first, second) => {
    const assertion = await own();
    expect((await first(assertion)).status).not.toBe(401);
    expect((await second(assertion)).status).toBe(401);
  });

  it('also when it arrives ten times at once', async () => {
    const assertion = await own();
    const answers = await Promise.all(Array.from({ length: 10 }, () => viaBearer(assertion)));
    expect(answers.map((got) => got.status).sort()).toEqual([200, ...Array.from({ length: 9 }, () => 401)]);
  });

  it('but two agents may happen on the same jti', async () => {
    const jti = randomUUID();
    expect((await viaBearer(await own({ jti }))).status).toBe(200);
    expect((await viaBearer(await stage.caller('rival-bot').assertion({ jti }))).status).toBe(200);
  });

  it('and the audience may be a list of the issuer alone, the life 120 seconds', async () => {
    expect((await viaBearer(await own({ aud: [issuer], iat: now(), exp: now() + 120 }))).status).toBe(200);
  });
});

describe('who may call what', () => {
  const AGENT_ROUTES: readonly (readonly [string, string, unknown])[] = [
    ['POST', '/v1/escalations', readAsk()],
    ['POST', '/v1/escalations/evaluate', readAsk()],
    ['GET', '/v1/requestable', undefined],
    ['POST', '/v1/escalations/x/cancel', {}],
    ['POST', '/v1/grants/x/complete', { outcome: 'succeeded' }],
  ];
  const PEOPLE_ROUTES: readonly (readonly [string, string, unknown])[] = [
    ['POST', '/v1/escalations/x/decisions', { verdict: 'approve', digest: `sha256:${'0'.repeat(64)}` }],
    ['GET', '/v1/sessions/current', undefined],
    ['DELETE', '/v1/sessions/current', undefined],
  ];

  it.each(AGENT_ROUTES)('%s %s is for agents: clients and people are forbidden', async (method, path, body) => {
    const before = await fingerprint(stage.world.database.pool);
    for (const id of ['payments-api', 'auditor-tool', 'ops-cli'])
      expectProblem(await stage.caller(id).send(method, path, body), 403, 'forbidden');
    expectProblem(await (await stage.person('olga')).send(method, path, body), 403, 'forbidden');
    expect(await fingerprint(stage.world.database.pool)).toBe(before);
  });

  it.each(PEOPLE_ROUTES)('%s %s is for people: agents and clients are forbidden', async (method, path, body) => {
    for (const id of ['support-bot', 'payments-api', 'ops-cli'])
      expectProblem(await stage.caller(id).send(method, path, body), 403, 'forbidden');
  });

  it.each([
    ['GET', '/v1/audit/events', undefined],
    ['POST', '/v1/tokens/consume', { token: 'x', action: 'payment.read', call_id: 'c' }],
    ['POST', '/v1/agents/support-bot/suspend', { reason: 'x' }],
    ['POST', '/v1/agents/support-bot/resume', { reason: 'x' }],
    ['POST', '/v1/grants/x/revoke', { reason: 'x' }],
  ])('%s %s is not for agents', async (method, path, body) => {
    expectProblem(await stage.caller('support-bot').send(method, path, body), 403, 'forbidden');
  });

  it('people and clients need the role: verifiers consume, auditors read, operators suspend', async () => {
    const consume = { token: 'x', action: 'payment.read', call_id: 'c' };
    for (const id of ['auditor-tool', 'ops-cli'])
      expectProblem(await stage.caller(id).post('/v1/tokens/consume', consume), 403, 'forbidden');
    for (const path of ['/v1/grants', '/v1/audit/events', `/v1/grants/${held.grant}`]) {
      expectProblem(await stage.caller('payments-api').get(path), 403, 'forbidden');
      expectProblem(await (await stage.person('bob')).send('GET', path), 403, 'forbidden');
      expect((await (await stage.person('erin')).send('GET', path)).status).toBe(200);
    }
    for (const id of ['payments-api', 'auditor-tool'])
      expectProblem(await stage.caller(id).post('/v1/agents/rival-bot/suspend', {}), 403, 'forbidden');
    for (const id of ['bob', 'erin'])
      expectProblem(await (await stage.person(id)).send('POST', '/v1/agents/rival-bot/suspend', {}), 403, 'forbidden');
  });
});

it('whoever guesses at a secret from elsewhere does not keep its client from its first authentication', async () => {
  const { port } = new URL(base);
  const ask = (localAddress: string, secret: string): Promise<number | undefined> =>
    new Promise((resolve, reject) => {
      const headers = { host: `localhost:${port}`, authorization: `Basic ${btoa(`ledger-api:${secret}`)}` };
      const sent = request({ host: '127.0.0.1', port, localAddress, path: '/v1/grants', headers }, (got) => {
        got.resume().on('end', () => resolve(got.statusCode));
      });
      sent.on('error', reject).end();
    });
  const seen = new Set<number | undefined>();
  let stop = false;
  const foes = Array.from({ length: 24 }, async (_, foe) => {
    for (let n = 0; !stop; n += 1) seen.add(await ask('127.0.0.2', `wrong-${foe}-${n}`));
  });
  try {
    await until('they guess', () => seen.has(401));
    expect(await ask('127.0.0.1', 'right')).toBe(200);
  } finally {
    stop = true;
    await Promise.all(foes);
  }
  expect(seen).toEqual(new Set([401]));
});
