import { createSecretKey, generateKeyPairSync, type KeyObject } from 'node:crypto';
import { beforeEach, describe, expect, it } from '@jest/globals';
import { SignJWT } from 'jose';
import type { AuthMethod } from '#domain/catalog.js';
import type { Registry } from '#escalations/ports.js';
import { OutboundFetch, type FetchFault } from '../ports.js';
import { WorkloadIdentities, type WorkloadKind } from './workload-identity.js';
import { WorkloadKeys } from './workload-keys.js';

const BROKER = 'https://writ.example';
const CI = 'https://ci.example';
const now = 1_800_000_000;
const BOTH: readonly WorkloadKind[] = ['federation', 'spiffe'];

const ci = generateKeyPairSync('rsa', { modulusLength: 2_048 });
const rival = generateKeyPairSync('rsa', { modulusLength: 2_048 });
const domain = generateKeyPairSync('ec', { namedCurve: 'P-256' });

const documents: Record<string, unknown> = {
  [`${CI}/keys`]: { keys: [{ ...ci.publicKey.export({ format: 'jwk' }), kid: 'ci' }] },
  'https://rival.example/keys': { keys: [{ ...rival.publicKey.export({ format: 'jwk' }), kid: 'rival' }] },
  'https://spire.example/keys': { keys: [{ ...domain.publicKey.export({ format: 'jwk' }), use: 'jwt-svid' }] },
};
let asked: string[] = [];
beforeEach(() => {
  asked = [];
});
class Network extends OutboundFetch {
  override async get(url: string): Promise<Uint8Array | FetchFault> {
    asked.push(url);
    return documents[url] === undefined ? { fault: '404' } : Buffer.from(JSON.stringify(documents[url]));
  }
}

const federation = {
  kind: 'federation',
  issuer: CI,
  jwksUri: `${CI}/keys`,
  subject: 'repo:a',
  audience: null,
} as const;
const AGENTS: Record<string, AuthMethod> = {
  'own-keys': { kind: 'jwks', keys: [] },
  builder: { ...federation, claims: { repository_id: '42' } },
  deployer: { ...federation, jwksUri: null, claims: { repository_id: '43' } },
  cluster: { ...federation, subject: 'system:serviceaccount:agents:worker', audience: 'writ', claims: {} },
  twin: { ...federation, subject: 'repo:twin', claims: { ref: 'main' } },
  'twin-too': { ...federation, subject: 'repo:twin', claims: { actor: 'bob' } },
  'rival-bot': { ...federation, issuer: 'https://rival.example', jwksUri: 'https://rival.example/keys', claims: {} },
  svid: { kind: 'spiffe', id: 'spiffe://example.org/agent/a', jwksUri: 'https://spire.example/keys' },
};
const agents = Object.entries(AGENTS).map(([id, auth]) => ({ id, auth }));
const registry = { current: async () => ({ catalog: { agents } }) as unknown as Registry };

function door(): WorkloadIdentities {
  const keys = new WorkloadKeys(
    new Network(),
    () => now,
    () => undefined,
  );
  return new WorkloadIdentities(registry, keys, { issuer: BROKER, nowSeconds: () => now });
}

interface Signing {
  readonly key?: KeyObject;
  readonly header?: Record<string, unknown>;
}
function jwt(claims: Record<string, unknown>, { key = ci.privateKey, header = {} }: Signing = {}): Promise<string> {
  return new SignJWT({ iss: CI, aud: BROKER, iat: now, nbf: now, exp: now + 3_600, ...claims })
    .setProtectedHeader({ alg: 'RS256', kid: 'ci', ...header })
    .sign(key);
}
const build = { sub: 'repo:a', repository_id: 42 };
const svid = { iss: undefined, sub: 'spiffe://example.org/agent/a' };
const ofDomain: Signing = { key: domain.privateKey, header: { alg: 'ES256', kid: undefined } };
const refused = expect.objectContaining({ failed: true, error: 'invalid_client' });

describe('a token of a registered issuer', () => {
  it.each([
    ['builder', build],
    ['builder', { ...build, repository_id: '42' }],
    ['builder', { ...build, aud: [BROKER] }],
    ['builder', { ...build, iat: undefined, nbf: undefined }],
    ['builder', { ...build, iat: now - 0.75, nbf: now - 0.75, exp: now + 60.25 }],
    ['deployer', { ...build, repository_id: 43 }],
    ['cluster', { sub: 'system:serviceaccount:agents:worker', aud: ['writ'] }],
    ['twin', { sub: 'repo:twin', ref: 'main' }],
  ])('is of %s: %j', async (agentId, claims) => {
    expect(await door().prove(await jwt(claims), BOTH)).toEqual({ agentId });
  });

  it('works until it ends, without a jti', async () => {
    const workloads = door();
    const token = await jwt(build);
    expect(await workloads.prove(token, BOTH)).toEqual({ agentId: 'builder' });
    expect(await workloads.prove(token, BOTH)).toEqual({ agentId: 'builder' });
    expect(asked).toHaveLength(1);
  });

  it('may have the typ of a client assertion', async () => {
    const typed = await jwt(build, { header: { typ: 'client-authentication+jwt' } });
    expect(await door().prove(typed, BOTH)).toEqual({ agentId: 'builder' });
  });

  it.each([
    ['another subject', { ...build, sub: 'repo:b' }],
    ['another repository', { ...build, repository_id: 44 }],
    ['a claim of another kind', { ...build, repository_id: [42] }],
    ['a missing claim', { sub: 'repo:a' }],
    ['an inherited claim', { sub: 'repo:a', toString: 1 }],
    ['another issuer', { ...build, iss: 'https://ci.example/' }],
    ['another audience', { ...build, aud: 'https://other.example' }],
    ['a second audience', { ...build, aud: [BROKER, 'https://other.example'] }],
    ['the broker as audience where another was registered', { sub: 'system:serviceaccount:agents:worker' }],
    ['no audience', { ...build, aud: undefined }],
    ['no exp', { ...build, exp: undefined }],
    ['an end in parts of a second that has come', { ...build, iat: now - 60, exp: now - 0.25 }],
    ['an endless end', { ...build, exp: 1e308 }],
    ['an end that has come', { ...build, iat: now - 60, exp: now }],
    ['a life of two hours', { ...build, exp: now + 7_200 }],
    ['two hours without iat', { ...build, iat: undefined, exp: now + 7_200 }],
    ['an end before its begin', { ...build, iat: now + 20, exp: now + 10 }],
    ['a begin in the future', { ...build, iat: now + 31, exp: now + 60 }],
    ['nbf in the future', { ...build, nbf: now + 31 }],
    ['claims that two agents share', { sub: 'repo:twin', ref: 'main', actor: 'bob' }],
  ])('is nobody’s with %s, and nothing is fetched for it', async (_case, claims) => {
    expect(await door().prove(await jwt(claims), BOTH)).toEqual(refused);
    expect(asked).toEqual([]);
  });

  it.each<[string, Signing]>([
    [
      'HS256 over the public key',
      {
        key: createSecretKey(ci.publicKey.export({ type: 'spki', format: 'pem' }) as string, 'utf8'),
        header: { alg: 'HS256' },
      },
    ],
    ['RS512', { header: { alg: 'RS512' } }],
    ['EdDSA', { key: generateKeyPairSync('ed25519').privateKey, header: { alg: 'EdDSA' } }],
    ['an access token’s type', { header: { typ: 'at+jwt' } }],
    ['a type of another use', { header: { typ: 'logout+jwt' } }],
    ['a key place of its own', { header: { jku: 'https://evil.example/keys' } }],
    ['a key of its own', { header: { jwk: ci.publicKey.export({ format: 'jwk' }) } }],
  ])('is refused with %s before anything is fetched', async (_case, signing) => {
    expect(await door().prove(await jwt(build, signing), BOTH)).toEqual(refused);
    expect(asked).toEqual([]);
  });

  it('is refused unsigned', async () => {
    const part = (value: unknown) => Buffer.from(JSON.stringify(value)).toString('base64url');
    const claims = { iss: CI, aud: BROKER, iat: now, exp: now + 60, ...build };
    for (const signature of ['', 'AA'])
      expect(await door().prove(`${part({ alg: 'none' })}.${part(claims)}.${signature}`, BOTH)).toEqual(refused);
  });

  it('is refused with the signature of another registered issuer', async () => {
    const forged = await jwt(build, { key: rival.privateKey, header: { kid: 'rival' } });
    expect(await door().prove(forged, BOTH)).toEqual(refused);
    const own = await jwt(
      { ...build, iss: 'https://rival.example' },
      { key: rival.privateKey, header: { kid: 'rival' } },
    );
    expect(await door().prove(own, BOTH)).toEqual({ agentId: 'rival-bot' });
  });

  it('costs no second fetch when a known kid signed something else', async () => {
    const workloads = door();
    expect(await workloads.prove(await jwt(build, { key: rival.privateKey }), BOTH)).toEqual(refused);
    expect(asked).toHaveLength(1);
  });
});

describe('a JWT-SVID', () => {
  it.each<[string, Record<string, unknown>, Signing]>([
    ['without iss, jti and kid', svid, ofDomain],
    ['without iat', { ...svid, iat: undefined, nbf: undefined }, ofDomain],
    ['with an iss that means nothing', { ...svid, iss: 'https://anything.example' }, ofDomain],
    ['typed JOSE', svid, { ...ofDomain, header: { ...ofDomain.header, typ: 'JOSE' } }],
  ])('proves its agent %s', async (_case, claims, signing) => {
    expect(await door().prove(await jwt(claims, signing), ['spiffe'])).toEqual({ agentId: 'svid' });
    expect(asked).toEqual(['https://spire.example/keys']);
  });

  it('has no other typ', async () => {
    const typed = { ...ofDomain, header: { ...ofDomain.header, typ: 'client-authentication+jwt' } };
    expect(await door().prove(await jwt(svid, typed), ['spiffe'])).toEqual(refused);
    expect(asked).toEqual([]);
  });

  it.each([
    ['another workload of the trust domain', { ...svid, sub: 'spiffe://example.org/agent/b' }],
    ['a workload below', { ...svid, sub: 'spiffe://example.org/agent/a/b' }],
    ['another trust domain', { ...svid, sub: 'spiffe://example.com/agent/a' }],
    ['another audience', { ...svid, aud: ['https://other.example'] }],
    ['no exp', { ...svid, exp: undefined }],
  ])('of %s is nobody’s', async (_case, claims) => {
    expect(await door().prove(await jwt(claims, ofDomain), BOTH)).toEqual(refused);
    expect(asked).toEqual([]);
  });

  it('is not believed with the key of a federation, nor under its assertion type', async () => {
    expect(await door().prove(await jwt(svid), BOTH)).toEqual(refused);
    expect(await door().prove(await jwt(svid, ofDomain), ['federation'])).toEqual(refused);
    expect(await door().prove(await jwt(build), ['spiffe'])).toEqual(refused);
  });
});
