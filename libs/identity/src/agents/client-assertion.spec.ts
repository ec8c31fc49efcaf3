import { createHmac, generateKeyPairSync, sign, type KeyObject } from 'node:crypto';
import { describe, expect, it } from '@jest/globals';
import { SignJWT } from 'jose';
import { isFailure } from './authentication-failure.js';
import { verifyAssertion } from './client-assertion.js';
import type { RegisteredKeys } from './jws-signature.js';

const issuer = 'https://writ.example';
const now = 1_800_000_000;
const agent = generateKeyPairSync('ec', { namedCurve: 'P-256' });
const stranger = generateKeyPairSync('ec', { namedCurve: 'P-256' });
const jwkOf = (key: KeyObject, more = {}) => ({ ...key.export({ format: 'jwk' }), ...more });

const claims = { iss: 'support-bot', sub: 'support-bot', aud: issuer, jti: 'a-1', iat: now, exp: now + 60 };
const part = (value: unknown) =>
  Buffer.from(typeof value === 'string' ? value : JSON.stringify(value)).toString('base64url');

function signed(body: unknown = claims, head: unknown = { alg: 'ES256' }, key = agent.privateKey): string {
  const input = `${part(head)}.${part(body)}`;
  return `${input}.${sign('sha256', Buffer.from(input), { key, dsaEncoding: 'ieee-p1363' }).toString('base64url')}`;
}

function verify(token: string, keys: RegisteredKeys = [jwkOf(agent.publicKey, { kid: 'k1' })]) {
  return verifyAssertion(token, {
    issuer,
    nowSeconds: now,
    findKeys: async (id) => (id === 'support-bot' ? keys : null),
  });
}

async function holds(token: string, keys?: RegisteredKeys): Promise<boolean> {
  return !isFailure(await verify(token, keys));
}

describe('an assertion holds', () => {
  it('when it says who, to whom, and for at most two minutes', async () => {
    expect(await verify(signed())).toEqual({ clientId: 'support-bot', jti: 'a-1', exp: now + 60 });
  });

  it.each<[string, object, object?]>([
    ['with a life of 120 seconds', { exp: now + 120 }],
    ['in its last second', { iat: now - 119, exp: now + 1 }],
    ['from a clock 30 seconds ahead', { iat: now + 30, exp: now + 90, nbf: now + 30 }],
    ['with the issuer as the one element of a list', { aud: [issuer] }],
    ['with a jti of 256 characters', { jti: 'x'.repeat(256) }],
    ['with times in parts of a second', { iat: now - 0.5, nbf: now - 0.5, exp: now + 60.25 }],
    ['with times written as numbers with a fraction of nothing', { exp: 1.0 * (now + 60) }],
    ['with claims of its own', { purpose: 'x' }],
    ['with typ JWT', {}, { typ: 'JWT' }],
    ['with the typ of client authentication', {}, { typ: 'client-authentication+jwt' }],
    ['with its typ in full', {}, { typ: 'application/client-authentication+jwt' }],
    ['with the kid of a registered key', {}, { kid: 'k1' }],
  ])('%s', async (_, change, head = {}) => {
    expect(await holds(signed({ ...claims, ...change }, { alg: 'ES256', ...head }))).toBe(true);
  });

  it.each<[string, () => { publicKey: KeyObject; privateKey: KeyObject }]>([
    ['ES384', () => generateKeyPairSync('ec', { namedCurve: 'P-384' })],
    ['RS256', () => generateKeyPairSync('rsa', { modulusLength: 2048 })],
    ['PS256', () => generateKeyPairSync('rsa', { modulusLength: 2048 })],
    ['EdDSA', () => generateKeyPairSync('ed25519')],
    ['Ed25519', () => generateKeyPairSync('ed25519')],
  ])('when jose signed it with %s', async (alg, generate) => {
    const { publicKey, privateKey } = generate();
    const token = await new SignJWT(claims).setProtectedHeader({ alg }).sign(privateKey);
    expect(await holds(token, [jwkOf(publicKey)])).toBe(true);
    expect(await holds(token, [jwkOf(stranger.publicKey)])).toBe(false);
  });

  it('when it names no key and any of several registered ones signed it', async () => {
    const both = [jwkOf(stranger.publicKey, { kid: 'k0' }), jwkOf(agent.publicKey, { kid: 'k1' })];
    expect(await holds(signed(), both)).toBe(true);
    expect(await holds(signed(claims, { alg: 'ES256' }), [both[0]!, both[0]!])).toBe(false);
  });
});

describe('an assertion is refused', () => {
  it.each<[string, object]>([
    ['in the second of its exp', { exp: now }],
    ['after its exp', { iat: now - 90, exp: now - 30 }],
    ['with a life of 121 seconds', { exp: now + 121 }],
    ['with a life of 121 seconds begun in the past', { iat: now - 61, exp: now + 60 }],
    ['issued 31 seconds ahead', { iat: now + 31, exp: now + 60 }],
    ['before its nbf', { nbf: now + 31 }],
    ['when it ends as it starts', { iat: now + 5, exp: now + 5 }],
    ['without exp', { exp: undefined }],
    ['without iat', { iat: undefined }],
    ['with exp as text', { exp: String(now + 60) }],
    ['after an exp in parts of a second', { iat: now - 90, exp: now - 0.5 }],
    ['with a life of a fraction more than 120 seconds', { exp: now + 120.5 }],
    ['with an exp that no number can count to', { exp: 2 ** 60 }],
    ['with an endless exp', { exp: 1e308 }],
    ['with nbf as text', { nbf: 'now' }],
    ['with the issuer and a slash as audience', { aud: `${issuer}/` }],
    ['with the token endpoint as audience', { aud: `${issuer}/oauth/token` }],
    ['with a second audience', { aud: [issuer, 'https://other.example'] }],
    ['with the issuer twice as audience', { aud: [issuer, issuer] }],
    ['with an empty audience list', { aud: [] }],
    ['with a nested audience list', { aud: [[issuer]] }],
    ['without audience', { aud: undefined }],
    ['when iss is not sub', { iss: 'other-bot' }],
    ['without iss', { iss: undefined }],
    ['without sub', { sub: undefined, iss: undefined }],
    ['for an id that is not registered', { iss: 'nobody', sub: 'nobody' }],
    ['for something that is no id', { iss: '../bot', sub: '../bot' }],
    ['without jti', { jti: undefined }],
    ['with an empty jti', { jti: '' }],
    ['with a jti of 257 characters', { jti: 'x'.repeat(257) }],
    ['with a jti that is not visible ASCII', { jti: 'a b' }],
    ['with a jti that is a number', { jti: 7 }],
  ])('%s', async (_, change) => {
    expect(await holds(signed({ ...claims, ...change }))).toBe(false);
  });

  it.each<[string, object]>([
    ['an access token', { typ: 'at+jwt' }],
    ['an access token spelled in full', { typ: 'application/at+jwt' }],
    ['a DPoP proof', { typ: 'dpop+jwt' }],
    ['of an empty type', { typ: '' }],
    ['of a type that is no text', { typ: ['JWT'] }],
    ['bringing its key', { jwk: jwkOf(agent.publicKey) }],
    ['naming a key set', { jku: 'https://evil.example/jwks' }],
    ['naming a certificate', { x5u: 'https://evil.example/cert' }],
    ['bringing a certificate', { x5c: ['AA=='] }],
    ['with a critical extension', { crit: ['exp'], exp: 1 }],
    ['with an empty list of critical extensions', { crit: [] }],
    ['with an unencoded payload', { b64: false }],
    ['with b64 true', { b64: true }],
    ['with a kid that walks the file system', { kid: '../../k1' }],
    ['with a kid that is a list', { kid: ['k1'] }],
    ['with another algorithm than its key', { alg: 'ES384' }],
    ['with an algorithm that is not listed', { alg: 'ES512' }],
    ['with an algorithm that is no text', { alg: ['ES256'] }],
    ['without algorithm', { alg: undefined }],
  ])('when its header makes it %s', async (_, head) => {
    expect(await holds(signed(claims, { alg: 'ES256', ...head }))).toBe(false);
  });

  it('when it is signed by nobody, by a stranger, or with a public key as secret', async () => {
    const unsigned = `${part({ alg: 'none' })}.${part(claims)}`;
    expect(await holds(`${unsigned}.`)).toBe(false);
    expect(await holds(`${unsigned}.AAAA`)).toBe(false);
    expect(await holds(signed(claims, { alg: 'ES256' }, stranger.privateKey))).toBe(false);
    const jwk = jwkOf(agent.publicKey, { kid: 'k1' });
    const secrets = [agent.publicKey.export({ type: 'spki', format: 'pem' }), JSON.stringify(jwk)];
    for (const secret of secrets) {
      const input = `${part({ alg: 'HS256' })}.${part(claims)}`;
      const token = `${input}.${createHmac('sha256', secret).update(input).digest('base64url')}`;
      expect(await holds(token)).toBe(false);
      expect(await holds(token, [{ kty: 'oct', k: Buffer.from(secret).toString('base64url') }])).toBe(false);
    }
  });

  it('when it repeats a member in header or payload', async () => {
    const body = JSON.stringify(claims);
    expect(await holds(signed(`${body.slice(0, -1)},"sub":"support-bot"}`))).toBe(false);
    expect(await holds(signed(`${body.slice(0, -1)},"\\u0073ub":"support-bot"}`))).toBe(false);
    expect(await holds(signed(claims, '{"alg":"ES256","alg":"ES256"}'))).toBe(false);
  });

  it('when it is larger than 8 KiB', async () => {
    expect(await holds(signed({ ...claims, more: 'x'.repeat(8_192) }))).toBe(false);
  });

  it('when a registered key is for something else, or private', async () => {
    expect(await holds(signed(), [jwkOf(agent.publicKey, { use: 'enc' })])).toBe(false);
    expect(await holds(signed(), [jwkOf(agent.publicKey, { alg: 'ES384' })])).toBe(false);
    expect(await holds(signed(), [jwkOf(agent.privateKey)])).toBe(false);
    expect(await holds(signed(), [])).toBe(false);
  });

  it('without a look at the registered keys when it could not hold anyway', async () => {
    let looked = 0;
    const context = { issuer, nowSeconds: now, findKeys: async () => ((looked += 1), null) };
    for (const token of [signed({ ...claims, exp: now }), signed(claims, { alg: 'HS256' }), 'a.b.c', '']) {
      expect(isFailure(await verifyAssertion(token, context))).toBe(true);
    }
    expect(looked).toBe(0);
  });
});
