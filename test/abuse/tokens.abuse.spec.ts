import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { KeyObject } from 'node:crypto';
import { fingerprint } from '../harness/judges/fingerprint.js';
import {
  brokersKey,
  es256,
  hs256,
  opened,
  part,
  startCanary,
  STRANGER,
  type Canary,
} from '../harness/faults/forgery.js';
import { expectProblem, sendRaw } from '../harness/judges/problem.js';
import { collectedRefund, setStage, type Collected, type Stage } from '../harness/world/stage.js';
import { answer, type Answer } from '../harness/actors/agent.js';

type Members = Record<string, unknown>;
interface Material {
  readonly header: Members;
  readonly claims: Members;
  /** The key that signs honest tokens of this kind. */
  readonly key: KeyObject;
  readonly publicJwk: Members;
}

let stage: Stage;
let canary: Canary;
let held: Collected;
let access: Material;

beforeAll(async () => {
  stage = await setStage(() => undefined, { roles: 'api' });
  canary = await startCanary();
  held = await collectedRefund(stage);
  const { header, payload } = opened(held.token);
  const key = await brokersKey(stage.world);
  const { keys } = (await (await fetch(`${stage.broker.issuer}/oauth/jwks`)).json()) as { keys: Members[] };
  access = { header, claims: payload, key: key.privateKey, publicJwk: keys[0] ?? {} };
});
afterAll(async () => {
  expect(canary.hits()).toBe(0);
  await canary.close();
  await stage.close();
});

/** What an agent's honest assertion is made of; each has a `jti` of its own. */
async function assertionMaterial(): Promise<Material> {
  const { header, payload } = opened(await stage.caller('support-bot').assertion());
  const pair = stage.world.keys['support-bot'];
  if (pair === undefined) throw new Error('no key');
  return { header, claims: payload, key: pair.privateKey, publicJwk: pair.publicJwk };
}

const stranger = (): Members => STRANGER.publicKey.export({ format: 'jwk' }) as Members;
const raw = (value: Members, more: string): string => JSON.stringify(value).replace(/}$/, `,${more}}`);

/** Forgeries of either kind of token: each differs from an honest one in what its name says, and in nothing else. */
const FORGERIES: readonly (readonly [string, (of: Material) => string])[] = [
  ['alg none, unsigned', ({ header, claims }) => `${part({ ...header, alg: 'none' })}.${part(claims)}.`],
  ['alg NONE, signed', ({ header, claims, key }) => es256({ ...header, alg: 'NONE' }, claims, key)],
  ['no alg', ({ header, claims, key }) => es256({ ...header, alg: undefined }, claims, key)],
  ['alg ES384 over the ES256 signature', ({ header, claims, key }) => es256({ ...header, alg: 'ES384' }, claims, key)],
  ['alg RS256 over the ES256 signature', ({ header, claims, key }) => es256({ ...header, alg: 'RS256' }, claims, key)],
  ['alg as a list', ({ header, claims, key }) => es256({ ...header, alg: ['ES256'] }, claims, key)],
  [
    'HS256 under the public JWK',
    ({ header, claims, publicJwk }) => hs256({ ...header, alg: 'HS256' }, claims, JSON.stringify(publicJwk)),
  ],
  [
    'HS256 under the x of the public JWK',
    ({ header, claims, publicJwk }) =>
      hs256({ ...header, alg: 'HS256' }, claims, Buffer.from(String(publicJwk['x']), 'base64url')),
  ],
  ['HS256 under nothing', ({ header, claims }) => hs256({ ...header, alg: 'HS256' }, claims, '')],
  ['a stranger’s signature', ({ header, claims }) => es256(header, claims, STRANGER.privateKey)],
  [
    'an embedded jwk and its signature',
    ({ header, claims }) => es256({ ...header, jwk: stranger() }, claims, STRANGER.privateKey),
  ],
  [
    'an embedded jwk beside the honest signature',
    ({ header, claims, key }) => es256({ ...header, jwk: stranger() }, claims, key),
  ],
  [
    'a jku',
    ({ header, claims }) => es256({ ...header, jku: `${canary.url}/jwks`, kid: 'canary' }, claims, STRANGER.privateKey),
  ],
  [
    'a jku beside the honest signature',
    ({ header, claims, key }) => es256({ ...header, jku: canary.url }, claims, key),
  ],
  ['an x5u', ({ header, claims }) => es256({ ...header, x5u: `${canary.url}/cert` }, claims, STRANGER.privateKey)],
  [
    'an x5u beside the honest signature',
    ({ header, claims, key }) => es256({ ...header, x5u: canary.url }, claims, key),
  ],
  ['an x5c', ({ header, claims, key }) => es256({ ...header, x5c: ['MIIB'] }, claims, key)],
  [
    'a kid that is the canary’s address',
    ({ header, claims }) => es256({ ...header, kid: canary.url }, claims, STRANGER.privateKey),
  ],
  ...[
    '../../../../dev/null',
    '/etc/passwd',
    "' or '1'='1",
    "x'; drop table signing_keys; --",
    '%00',
    '\u0000',
    '__proto__',
    'constructor',
    '',
    'A'.repeat(43),
    'k'.repeat(5_000),
  ].map(
    (kid) =>
      [
        `kid ${JSON.stringify(kid.slice(0, 30))}`,
        ({ header, claims }: Material) => es256({ ...header, kid }, claims, STRANGER.privateKey),
      ] as const,
  ),
  ['a kid that is an object', ({ header, claims, key }) => es256({ ...header, kid: { toString: 1 } }, claims, key)],
  ['an unknown crit', ({ header, claims, key }) => es256({ ...header, crit: ['x-new'], 'x-new': 1 }, claims, key)],
  ['an empty crit', ({ header, claims, key }) => es256({ ...header, crit: [] }, claims, key)],
  ['crit exp', ({ header, claims, key }) => es256({ ...header, crit: ['exp'] }, claims, key)],
  ['b64 false', ({ header, claims, key }) => es256({ ...header, b64: false, crit: ['b64'] }, claims, key)],
  ['b64 false, not critical', ({ header, claims, key }) => es256({ ...header, b64: false }, claims, key)],
  ['a claim twice', ({ header, claims, key }) => es256(header, raw(claims, '"exp":9999999999'), key)],
  [
    'sub twice, the same',
    ({ header, claims, key }) => es256(header, raw(claims, `"sub":"${String(claims['sub'])}"`), key),
  ],
  [
    'a claim twice by an escape',
    ({ header, claims, key }) => es256(header, raw(claims, '"\\u0065xp":9999999999'), key),
  ],
  ['alg twice', ({ header, claims, key }) => es256(raw(header, '"alg":"none"'), claims, key)],
  [
    'a prototype in the header',
    ({ header, claims }) => es256(raw(header, '"__proto__":{"alg":"none"}'), claims, STRANGER.privateKey),
  ],
  ['a payload that is a list', ({ header, claims, key }) => es256(header, [claims], key)],
  ['a payload that is a text', ({ header, key }) => es256(header, '"x"', key)],
  ['a payload 2,000 deep', ({ header, key }) => es256(header, `{"a":${'['.repeat(2_000)}${']'.repeat(2_000)}}`, key)],
  ['bytes before its payload', ({ header, claims, key }) => es256(header, `\ufeff${JSON.stringify(claims)}`, key)],
  [
    'a zeroed signature',
    (of) => `${es256(of.header, of.claims, of.key).split('.').slice(0, 2).join('.')}.${part('\0'.repeat(64))}`,
  ],
  ['no signature', (of) => `${es256(of.header, of.claims, of.key).split('.').slice(0, 2).join('.')}.`],
  ['a fourth part', (of) => `${es256(of.header, of.claims, of.key)}.e30`],
  ['padding', (of) => `${es256(of.header, of.claims, of.key)}==`],
  ['blanks around it', (of) => ` ${es256(of.header, of.claims, of.key)} `],
  ['exp as a text', ({ header, claims, key }) => es256(header, { ...claims, exp: '9999999999' }, key)],
  ['exp as a fraction of nothing', ({ header, claims, key }) => es256(header, { ...claims, exp: 0.5 }, key)],
  ['no jti', ({ header, claims, key }) => es256(header, { ...claims, jti: undefined }, key)],
  ['aud as an object', ({ header, claims, key }) => es256(header, { ...claims, aud: { 0: claims['aud'] } }, key)],
  [
    'iss of another broker',
    ({ header, claims, key }) => es256(header, { ...claims, iss: 'https://writ.example' }, key),
  ],
  ...['statuslist+jwt', 'secevent+jwt', 'dpop+jwt', 'logout+jwt', 'id_token', 'oauth-authz-req+jwt', 1].map(
    (typ) => [`typ ${typ}`, ({ header, claims, key }: Material) => es256({ ...header, typ }, claims, key)] as const,
  ),
];

const consume = (token: string): Promise<Answer> =>
  stage.caller('payments-api').post('/v1/tokens/consume', {
    token,
    action: 'refund.create',
    identifier: 'order/8812',
    arguments: { order: '8812', amount: 4000 },
    call_id: 'forged',
  });

/** Presented as an access token everywhere such a one is taken: inactive, and revoking it is 200 without effect. */
async function expectWorthlessAsToken(token: string): Promise<void> {
  const before = await fingerprint(stage.world.database.pool);
  const looked = [
    await stage.caller('payments-api').introspect(token),
    await stage.caller('support-bot').introspect(token),
  ];
  // A form with an empty value carries no token at all.
  for (const got of looked) expect([got.status, got.body]).toEqual([200, { active: false }]);
  const used = await consume(token);
  expect([used.status, used.body]).toEqual([200, { allowed: false, code: 'inactive' }]);
  const revoked = await stage.caller('support-bot').form('/oauth/revoke', { token });
  expect([revoked.status, revoked.body]).toEqual([200, '']);
  expect(await fingerprint(stage.world.database.pool)).toBe(before);
}

const ASSERTED = 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer';

/** Presented as the proof of who calls, on every endpoint that takes one. */
async function expectWorthlessAsProof(token: string): Promise<void> {
  const before = await fingerprint(stage.world.database.pool);
  // Header fields hold visible characters only; blanks around a value are not the value's.
  if (token === token.trim())
    for (const path of ['/v1/requestable', '/v1/grants', '/v1/sessions/current'])
      expectProblem(
        await sendRaw(stage.broker.issuer + path, 'GET', undefined, { authorization: `Bearer ${token}` }),
        401,
        'unauthenticated',
      );
  for (const path of ['/oauth/token', '/oauth/introspect', '/oauth/revoke']) {
    const form = { token: held.token, client_assertion: token, client_assertion_type: ASSERTED };
    const got = await answer(
      await fetch(stage.broker.issuer + path, {
        method: 'POST',
        body: new URLSearchParams({ ...form, grant_type: 'client_credentials' }),
      }),
    );
    expect([got.status, got.body.error]).toEqual([401, 'invalid_client']);
  }
  expect(await fingerprint(stage.world.database.pool)).toBe(before);
}

describe('the honest ones', () => {
  it('are good, so that what follows fails for its own reason', async () => {
    const again = es256(access.header, access.claims, access.key);
    expect((await stage.caller('payments-api').introspect(again)).body).toMatchObject({ active: true });
    const { header, claims, key } = await assertionMaterial();
    const got = await sendRaw(`${stage.broker.issuer}/v1/requestable`, 'GET', undefined, {
      authorization: `Bearer ${es256(header, claims, key)}`,
    });
    expect(got.status).toBe(200);
  });
});

describe('a forged token', () => {
  it.each(FORGERIES)('with %s is no access token', async (_name, forge) => {
    await expectWorthlessAsToken(forge(access));
  });

  it.each(FORGERIES)('with %s is no assertion', async (_name, forge) => {
    await expectWorthlessAsProof(forge(await assertionMaterial()));
  });

  it('made nobody fetch anything', () => expect(canary.hits()).toBe(0));
});

describe('an access token', () => {
  it.each([
    ['plain JWT', 'JWT'],
    ['client assertion', 'client-authentication+jwt'],
    ['nothing', undefined],
    ['access token in capitals', 'AT+JWT'],
  ])('typed as %s by the broker’s own key is none', async (_name, typ) => {
    await expectWorthlessAsToken(es256({ ...access.header, typ }, access.claims, access.key));
  });

  it('of the broker’s own key whose row does not exist is none', async () => {
    const jti = 'tok_01KAMZ0000000000000000000A';
    await expectWorthlessAsToken(es256(access.header, { ...access.claims, jti }, access.key));
  });

  it.each<readonly [string, Members]>([
    ['a later end', { exp: 4_102_444_800 }],
    ['an earlier start', { iat: 1 }],
    ['more uses', { max_uses: 1_000 }],
    ['no limit of uses', { max_uses: undefined }],
    ['another audience', { aud: 'https://other.example' }],
    ['another holder', { sub: 'agent:rival-bot', client_id: 'rival-bot' }],
    ['wider scope', { scope: 'ledger.drop refund.create' }],
    ['other arguments', { authorization_details: [{ type: 'tool_call', actions: ['refund.create'] }] }],
    ['another request', { txn: 'esc_01KAMZ0000000000000000000A' }],
    ['another digest', { digest: `sha256:${'0'.repeat(64)}` }],
    ['a chain that was not shown', { act: { iss: 'https://idp.example', sub: 'root' } }],
    ['a claim that was not minted', { roles: ['admin'] }],
    ['half a character', { roles: '\ud800' }],
  ])('of the broker’s own key and row, with %s, is none', async (_what, claims) => {
    await expectWorthlessAsToken(es256(access.header, { ...access.claims, ...claims }, access.key));
  });
});
