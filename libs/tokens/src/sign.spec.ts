import { createHmac, generateKeyPairSync, sign, type KeyObject } from 'node:crypto';
import { describe, expect, it } from '@jest/globals';
import { jwtVerify, SignJWT } from 'jose';
import { buildClaims } from './claims.js';
import { canonicalBase64Url, openCompactJws } from './compact-jws.js';
import type { SigningAlg } from './ports.js';
import { readAccessToken, signAccessToken, textOf, type VerificationKeys } from './sign.js';
import { thumbprintOf } from './signing-key.js';

const issuer = 'https://writ.example';
const ulid = '01KAMZ0000000000000000000A';
const digest = `sha256:${'a'.repeat(64)}`;
const claims = buildClaims({
  issuer,
  resource: 'https://payments.example',
  agentId: 'support-bot',
  escalationId: `esc_${ulid}`,
  grantId: `grt_${ulid}`,
  jti: `tok_${ulid}`,
  digest,
  grantDigest: digest,
  granted: { authorization_details: [{ type: 'tool_call', actions: ['payment.read'] }], ttl: 300, max_uses: 3 },
  iat: 1_800_000_000,
  exp: 1_800_000_300,
});

const ec = generateKeyPairSync('ec', { namedCurve: 'P-256' });
const rsa = generateKeyPairSync('rsa', { modulusLength: 2048 });
const stranger = generateKeyPairSync('ec', { namedCurve: 'P-256' });
const { x, y } = ec.publicKey.export({ format: 'jwk' });
const kid = thumbprintOf({ kty: 'EC', crv: 'P-256', x: x!, y: y! });
const rsaKid = 'R'.repeat(43);
const known: Record<string, { kid: string; alg: SigningAlg; publicKey: KeyObject }> = {
  [kid]: { kid, alg: 'ES256', publicKey: ec.publicKey },
  [rsaKid]: { kid: rsaKid, alg: 'RS256', publicKey: rsa.publicKey },
};
const ring: VerificationKeys = {
  verifyKeyByKid: async (name) => (typeof name === 'string' ? (known[name] ?? null) : null),
};
const read = (token: unknown, options = {}) => readAccessToken(token, ring, issuer, options);
const ours = signAccessToken(claims, { kid, alg: 'ES256', privateKey: ec.privateKey });

const part = (value: unknown) =>
  Buffer.from(typeof value === 'string' ? value : JSON.stringify(value)).toString('base64url');
const header = { alg: 'ES256', typ: 'at+jwt', kid };

/** Signs any header and payload with our real key: what a forger with a signing oracle could do at best. */
function forged(head: unknown, body: unknown = claims, key = ec.privateKey): string {
  const input = `${part(head)}.${part(body)}`;
  return `${input}.${sign('sha256', Buffer.from(input), { key, dsaEncoding: 'ieee-p1363' }).toString('base64url')}`;
}

/** The same token under the other signature that verifies: S taken from the order of P-256's group. */
function withOtherSignature(jwt: string): string {
  const order = 0xffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551n;
  const [head, body, signature = ''] = jwt.split('.');
  const bytes = Buffer.from(signature, 'base64url');
  const s = order - BigInt(`0x${bytes.subarray(32).toString('hex')}`);
  const twin = Buffer.concat([bytes.subarray(0, 32), Buffer.from(s.toString(16).padStart(64, '0'), 'hex')]);
  return `${head}.${body}.${twin.toString('base64url')}`;
}

describe('an access token of ours', () => {
  it('is one text: of the two signatures that verify it has the lower, every time', async () => {
    for (let round = 0; round < 40; round += 1) {
      const token = signAccessToken(claims, { kid, alg: 'ES256', privateKey: ec.privateKey });
      expect(textOf(token).canonical).toBe(true);
      const twin = withOtherSignature(token);
      expect(await read(twin)).toEqual(claims);
      expect(textOf(twin).canonical).toBe(false);
    }
    const rs = signAccessToken(claims, { kid: rsaKid, alg: 'RS256', privateKey: rsa.privateKey });
    expect(textOf(rs).canonical).toBe(true);
  });

  it('verifies in jose with issuer, audience and typ demanded', async () => {
    const { payload, protectedHeader } = await jwtVerify(ours, ec.publicKey, {
      issuer,
      audience: 'https://payments.example',
      typ: 'at+jwt',
      algorithms: ['ES256'],
      currentDate: new Date(1_800_000_100_000),
    });
    expect(payload).toEqual(claims);
    expect(protectedHeader).toEqual(header);
  });

  it('verifies in jose when it is RS256', async () => {
    const token = signAccessToken(claims, { kid: rsaKid, alg: 'RS256', privateKey: rsa.privateKey });
    const options = { algorithms: ['RS256'], currentDate: new Date(1_800_000_100_000) };
    expect((await jwtVerify(token, rsa.publicKey, options)).payload).toEqual(claims);
    expect(await read(token)).toEqual(claims);
  });

  it('is read when jose signed it with our key', async () => {
    const token = await new SignJWT({ ...claims }).setProtectedHeader(header).sign(ec.privateKey);
    expect(await read(token)).toEqual(claims);
  });

  it('is read after its end unless a time is given, and refused from exp on', async () => {
    expect(await read(ours)).toEqual(claims);
    expect(await read(ours, { at: claims.exp - 1 })).toEqual(claims);
    expect(await read(ours, { at: claims.exp })).toBeNull();
  });
});

describe('no access token', () => {
  const hmac = (secret: string | Buffer) => {
    const input = `${part({ ...header, alg: 'HS256' })}.${part(claims)}`;
    return `${input}.${createHmac('sha256', secret).update(input).digest('base64url')}`;
  };
  const [headPart, bodyPart, signaturePart] = ours.split('.') as [string, string, string];
  const body = JSON.stringify(claims);

  it.each<[string, string]>([
    ['has algorithm none', `${part({ ...header, alg: 'none' })}.${bodyPart}.`],
    ['has algorithm none and some signature', `${part({ ...header, alg: 'none' })}.${bodyPart}.${signaturePart}`],
    ['is HMACed with our public key in PEM', hmac(ec.publicKey.export({ type: 'spki', format: 'pem' }))],
    ['is HMACed with our public key in DER', hmac(ec.publicKey.export({ type: 'spki', format: 'der' }))],
    ['is HMACed with our public key as JWK', hmac(JSON.stringify(ec.publicKey.export({ format: 'jwk' })))],
    [
      'brings its own key',
      forged({ ...header, jwk: stranger.publicKey.export({ format: 'jwk' }) }, claims, stranger.privateKey),
    ],
    ['brings a key beside a good signature', forged({ ...header, jwk: ec.publicKey.export({ format: 'jwk' }) })],
    ['names a key set', forged({ ...header, jku: 'https://evil.example/jwks' })],
    ['names a certificate', forged({ ...header, x5u: 'https://evil.example/cert' })],
    ['has a critical extension', forged({ ...header, crit: ['exp'], exp: 1 })],
    ['has an unencoded payload', forged({ ...header, crit: ['b64'], b64: false })],
    ['has a kid that walks the file system', forged({ ...header, kid: '../../../dev/null' })],
    ['has a kid that is an injection', forged({ ...header, kid: "x' UNION SELECT 1 --" })],
    ['has a kid that is a list', forged({ ...header, kid: [kid] })],
    ['has no kid', forged({ alg: 'ES256', typ: 'at+jwt' })],
    ['is an assertion', forged({ ...header, typ: 'JWT' })],
    ['has no typ', forged({ alg: 'ES256', kid })],
    ['spells its typ otherwise', forged({ ...header, typ: 'AT+JWT' })],
    ['is signed by a stranger', forged(header, claims, stranger.privateKey)],
    ['names the key of another algorithm', forged({ ...header, kid: rsaKid })],
    ['names the algorithm of another key', forged({ ...header, alg: 'RS256' })],
    ['repeats a claim', forged(header, `${body.slice(0, -1)},"sub":"agent:root"}`)],
    ['repeats a header member', forged(`{"alg":"none",${JSON.stringify(header).slice(1)}`)],
    ['is of another issuer', forged(header, { ...claims, iss: 'https://other.example' })],
    ['is of the issuer with a slash', forged(header, { ...claims, iss: `${issuer}/` })],
    ['lacks a claim', forged(header, { ...claims, grant_digest: undefined })],
    ['has an audience list', forged(header, { ...claims, aud: ['https://payments.example'] })],
    ['has a text as exp', forged(header, { ...claims, exp: '1800000300' })],
    ['is another document under the same key', forged(header, { iss: issuer, size: 5, root: 'x' })],
    ['has a changed payload', `${headPart}.${part({ ...claims, max_uses: 1_000 })}.${signaturePart}`],
    ['has no signature', `${headPart}.${bodyPart}.`],
    ['has a cut signature', `${headPart}.${bodyPart}.${signaturePart.slice(0, -4)}`],
    [
      'has a DER signature',
      `${headPart}.${bodyPart}.${sign('sha256', Buffer.from(`${headPart}.${bodyPart}`), ec.privateKey).toString('base64url')}`,
    ],
    ['has a signature of zeros', `${headPart}.${bodyPart}.${Buffer.alloc(64).toString('base64url')}`],
    ['is padded', `${ours}=`],
    ['holds white space', `${headPart}.${bodyPart}.${signaturePart}\n`],
    ['has four parts', `${ours}.${signaturePart}`],
    ['has two parts', `${headPart}.${bodyPart}`],
    ['is larger than 8 KiB', forged(header, { ...claims, scope: 'x'.repeat(8_000) })],
    ['is empty', ''],
  ])('%s', async (_, token) => {
    expect(await read(token)).toBeNull();
  });

  it('has a second spelling of the same bytes', async () => {
    const last = signaturePart.at(-1)!;
    const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_';
    const twin = alphabet[alphabet.indexOf(last) + 1]!;
    const respelled = signaturePart.slice(0, -1) + twin;
    expect(Buffer.from(respelled, 'base64url')).toEqual(Buffer.from(signaturePart, 'base64url'));
    expect(canonicalBase64Url(respelled)).toBeNull();
    expect(await read(`${headPart}.${bodyPart}.${respelled}`)).toBeNull();
  });

  it('is anything but a string', async () => {
    for (const value of [null, undefined, 5, {}, [ours]]) expect(await read(value)).toBeNull();
  });
});

describe('taking a JWS apart', () => {
  it('names the fault for the log', () => {
    expect(openCompactJws('a.b')).toEqual({ fault: 'not three filled parts' });
    expect(openCompactJws('x'.repeat(8_193))).toEqual({ fault: 'larger than 8 KiB' });
  });
});
