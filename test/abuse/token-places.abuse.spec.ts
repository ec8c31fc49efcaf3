import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { DEFERRED, refundAsk, type Answer } from '../harness/actors/agent.js';
import { fingerprint } from '../harness/judges/fingerprint.js';
import { brokersKey, es256, opened } from '../harness/faults/forgery.js';
import { sendRaw } from '../harness/judges/problem.js';
import { withSessions } from '../harness/world/sealed.js';
import { collectedRefund, created, setStage, type Collected, type Stage } from '../harness/world/stage.js';
import { until } from '../harness/judges/until.js';

let stage: Stage;
let held: Collected;
let issuer: string;

beforeAll(async () => {
  stage = await setStage(() => undefined, { roles: 'api' });
  issuer = stage.broker.issuer;
  held = await collectedRefund(stage);
});
afterAll(() => stage.close());

const seconds = (): number => Math.floor(Date.now() / 1000);

/** A JWT of another kind, signed by the broker's own key: what a token of that kind would be if it signed such. */
async function signedAs(typ: string, claims: Record<string, unknown>): Promise<string> {
  const key = await brokersKey(stage.world);
  const times = { iat: seconds(), exp: seconds() + 60, jti: randomUUID() };
  return es256({ alg: 'ES256', kid: key.kid, typ }, { iss: issuer, ...times, ...claims }, key.privateKey);
}

const loginCode = (): Promise<string> => withSessions(stage.world, (sessions) => sessions.issueLoginCode('bob'));

/** One fresh thing of each kind that proves something somewhere. */
const KINDS: Readonly<Record<string, () => Promise<string>>> = {
  'client assertion': () => stage.caller('support-bot').assertion(),
  'access token': async () => held.token,
  'deferral code': async () =>
    created(await stage.caller('support-bot').ask(refundAsk()), 202).continuation.deferral_code,
  'login code': loginCode,
  'session token': async () => (await stage.person('bob')).cookie.split('=')[1] ?? '',
  'ID token': () => signedAs('JWT', { sub: 'support-bot', aud: 'support-bot', nonce: 'n', auth_time: seconds() }),
  'ID token made out to the issuer': () => signedAs('JWT', { iss: 'support-bot', sub: 'support-bot', aud: issuer }),
  'status list': () => signedAs('statuslist+jwt', { sub: `${issuer}/status/1`, status_list: { bits: 1, lst: 'eNo' } }),
  'security event': () => signedAs('secevent+jwt', { ...opened(held.token).payload, events: {} }),
  'logout token': () => signedAs('logout+jwt', { sub: 'bob', aud: issuer, sid: '1' }),
  'claims of an access token as a plain JWT': () => signedAs('JWT', opened(held.token).payload),
  'bot token of Slack': async () => stage.broker.slack.env.SLACK_BOT_TOKEN,
  'key of the agent’s own': async () => String(stage.world.keys['support-bot']?.publicJwk['x']),
};

type Place = (secret: string) => Promise<Answer>;
const bearer =
  (path: string): Place =>
  (secret) =>
    sendRaw(issuer + path, 'GET', undefined, { authorization: `Bearer ${secret}` });
const cookie =
  (path: string): Place =>
  (secret) =>
    sendRaw(issuer + path, 'GET', undefined, { cookie: `__Host-writ_session=${secret}` });
const basic =
  (path: string, user: string): Place =>
  (secret) =>
    sendRaw(issuer + path, 'GET', undefined, { authorization: `Basic ${btoa(`${user}:${secret}`)}` });
const assertion =
  (path: string): Place =>
  (secret) =>
    sendRaw(
      issuer + path,
      'POST',
      new URLSearchParams({
        grant_type: DEFERRED,
        deferral_code: 'A'.repeat(43),
        token: 'x',
        client_assertion_type: 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer',
        client_assertion: secret,
      }).toString(),
      { 'content-type': 'application/x-www-form-urlencoded' },
    );

/** Every place that takes a secret: what belongs there, and what anything else is answered. */
const PLACES: readonly (readonly [string, readonly string[], Place, (got: Answer) => unknown, unknown])[] = [
  ...['/v1/requestable', '/v1/grants', '/v1/audit/events', '/v1/sessions/current'].flatMap((path) => [
    [`Bearer on ${path}`, ['client assertion'], bearer(path), (got: Answer) => got.status, 401] as const,
    [`Basic on ${path}`, [], basic(path, 'support-bot'), (got: Answer) => got.status, 401] as const,
    [`the cookie on ${path}`, ['session token'], cookie(path), (got: Answer) => got.status, 401] as const,
  ]),
  ...['/oauth/token', '/oauth/introspect', '/oauth/revoke'].map(
    (path) =>
      [
        `client_assertion on ${path}`,
        ['client assertion'],
        assertion(path),
        (got: Answer) => [got.status, got.body.error as unknown],
        [401, 'invalid_client'],
      ] as const,
  ),
  [
    'deferral_code',
    ['deferral code'],
    (secret) => stage.caller('support-bot').redeem(secret),
    (got) => [got.status, got.body.error],
    [400, 'invalid_grant'],
  ],
  [
    'the login code',
    ['login code'],
    (code) =>
      sendRaw(`${issuer}/v1/sessions`, 'POST', JSON.stringify({ code }), { 'content-type': 'application/json' }),
    // Longer than a code can be is said before it is looked for.
    (got) => [[401, 422].includes(got.status), got.headers.get('set-cookie')],
    [true, null],
  ],
  [
    'an introspected token',
    ['access token'],
    (secret) => stage.caller('payments-api').introspect(secret),
    (got) => got.body,
    { active: false },
  ],
  [
    'a consumed token',
    ['access token'],
    (token) =>
      stage.caller('payments-api').post('/v1/tokens/consume', { token, action: 'refund.create', call_id: 'swap' }),
    (got) => got.body,
    { allowed: false, code: 'inactive' },
  ],
  [
    'a revoked token',
    ['access token', 'deferral code'],
    (token) => stage.caller('support-bot').form('/oauth/revoke', { token }),
    (got) => [got.status, got.body],
    [200, ''],
  ],
];

describe('each kind in the place of another', () => {
  it.each(PLACES)('as %s proves nothing and changes nothing', async (_place, belongs, present, read, refused) => {
    for (const [kind, make] of Object.entries(KINDS).filter(([name]) => !belongs.includes(name))) {
      const secret = await make();
      const before = await fingerprint(stage.world.database.pool);
      expect([kind, read(await present(secret))]).toEqual([kind, refused]);
      expect(await fingerprint(stage.world.database.pool)).toBe(before);
    }
  });

  it('while each is good in its own', async () => {
    const code = await loginCode();
    const opened = await sendRaw(`${issuer}/v1/sessions`, 'POST', JSON.stringify({ code }), {
      'content-type': 'application/json',
    });
    expect(opened.status).toBe(204);
    const session = (opened.headers.get('set-cookie') ?? '').split(';')[0] ?? '';
    expect((await sendRaw(`${issuer}/v1/sessions/current`, 'GET', undefined, { cookie: session })).status).toBe(200);
    expect((await stage.caller('payments-api').introspect(held.token)).body).toMatchObject({ active: true });
  });
});

describe('a secret in an address or a body that has no place for it', () => {
  it.each([
    ['access_token in the query', '/v1/requestable?access_token='],
    ['client_assertion in the query', '/v1/requestable?client_assertion='],
    ['the session in the query', '/v1/grants?__Host-writ_session='],
  ])('%s is nobody’s proof', async (_name, path) => {
    for (const secret of [await stage.caller('support-bot').assertion(), (await stage.person('bob')).cookie])
      expect((await sendRaw(issuer + path + encodeURIComponent(secret), 'GET', undefined)).status).toBe(401);
  });

  it('two proofs at once are refused, though each were good alone', async () => {
    const agent = stage.caller('support-bot');
    const got = await agent.form(
      '/oauth/introspect',
      { token: held.token },
      { authorization: `Bearer ${await agent.assertion()}` },
    );
    expect(got.status).toBeGreaterThanOrEqual(400);
    expect(got.body).not.toMatchObject({ active: true });
  });
});

const call = async (claims: Record<string, unknown>): Promise<number> =>
  (await bearer('/v1/requestable')(await stage.caller('support-bot').assertion(claims))).status;
/** What is asserted of one second must be said within it. */
const early = (): Promise<true> => until('a second begins', () => Date.now() % 1000 < 300 && true);

describe('the edges of the clock', () => {
  it.each<readonly [string, number, (now: number) => Record<string, unknown>]>([
    ['exp this very second', 401, (now) => ({ iat: now - 60, exp: now })],
    ['exp in the next second', 200, (now) => ({ iat: now - 60, exp: now + 1 })],
    ['iat 30 s ahead', 200, (now) => ({ iat: now + 30, exp: now + 60 })],
    ['iat 31 s ahead', 401, (now) => ({ iat: now + 31, exp: now + 60 })],
    ['nbf 30 s ahead', 200, (now) => ({ nbf: now + 30 })],
    ['nbf 31 s ahead', 401, (now) => ({ nbf: now + 31 })],
    ['nbf after exp', 401, (now) => ({ nbf: now + 90, exp: now + 60 })],
    ['a life of 120 s', 200, (now) => ({ iat: now - 30, exp: now + 90 })],
    ['a life of 121 s', 401, (now) => ({ iat: now - 31, exp: now + 90 })],
    ['exp equal to iat', 401, (now) => ({ iat: now + 10, exp: now + 10 })],
    ['times in milliseconds', 401, (now) => ({ iat: now * 1000, exp: now * 1000 + 60 })],
    ['a negative iat', 401, (now) => ({ iat: -1, exp: now + 60 })],
    ['exp beyond every integer', 401, (now) => ({ iat: now, exp: 1e300 })],
  ])('%s: %i', async (_name, status, claims) => {
    await early();
    expect(await call(claims(seconds()))).toBe(status);
  });
});

describe('an audience that is not the issuer alone', () => {
  it.each<readonly [string, () => unknown]>([
    ['its path', () => `${issuer}/oauth/token`],
    ['its slash', () => `${issuer}/`],
    ['its capitals', () => issuer.toUpperCase()],
    ['another spelling of the host', () => issuer.replace('localhost', '127.0.0.1')],
    ['without the scheme', () => issuer.replace('http://', '')],
    ['with a query', () => `${issuer}?`],
    ['with blanks', () => ` ${issuer}`],
    ['the issuer twice', () => [issuer, issuer]],
    ['a list in a list', () => [[issuer]]],
    ['the resource', () => 'https://payments.example'],
    ['nothing', () => null],
    ['an object', () => ({ [issuer]: true })],
    ['a wildcard', () => '*'],
  ])('%s is 401', async (_name, aud) => {
    expect(await call({ aud: aud() })).toBe(401);
  });
});
