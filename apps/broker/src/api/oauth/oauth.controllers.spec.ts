import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { Module } from '@nestjs/common';
import { NestFactory, Reflector } from '@nestjs/core';
import { FastifyAdapter, type NestFastifyApplication } from '@nestjs/platform-fastify';
import * as swagger from '@nestjs/swagger';
import * as client from 'openid-client';
import { setMarks } from '#contracts/wire/describe.js';
import { LIMITS } from '#domain/limits.js';
import { RegistrySource } from '#escalations/ports.js';
import { IntrospectToken } from '#escalations/use/introspect-token.js';
import { RedeemGrant } from '#escalations/collect/redeem-grant.js';
import { RenewToken } from '#escalations/collect/renew-token.js';
import { RevokeToken } from '#escalations/end/revoke-token.js';
import { fail } from '#identity/agents/authentication-failure.js';
import { ClientAuthenticator, type ClientProof } from '#identity/agents/authenticate-client.js';
import { SecretVerifier } from '#identity/agents/client-secret.js';
import type { Registration } from '#identity/ports.js';
import { MemoryLedger, MemoryRegistrations } from '#identity/testing/memory-callers.js';
import { DEFERRED } from '#domain/deferred-grant.js';
import { AuthenticationGuard } from '#platform/http/authentication.guard.js';
import { BrokerIdentity } from '#platform/http/broker-identity.js';
import { JsonLog } from '#platform/observe/log.js';
import { OutageJudge, ProblemFilter } from '#platform/http/problem.filter.js';
import { KeyRing } from '#tokens/key-ring.js';
import { ConcurrencyLimiter } from '../../serve/admission-lanes.js';
import { OAuthDialect } from '../../serve/oauth-dialect.js';
import { oauthControllers } from './oauth.controllers.js';
import { FormCallers } from './form-callers.js';
import { TokenGrants } from './token-grants.js';
import { TokenAsks } from './token-asks.js';

const NOBODY = null as never;
const broker = new BrokerIdentity('');
const revoked: string[] = [];
const redeemKeys: (string | null)[] = [];
let reads = 0;
let extraHeaders: Record<string, string> = {};
let storeAway = false;

/** Filled once the agent's key is made. */
const registered: Registration[] = [];

const redeem: Pick<RedeemGrant, 'execute'> = {
  execute: async (_client, code, redeemKey) => {
    redeemKeys.push(redeemKey);
    if (storeAway) throw Object.assign(new Error('gone'), { code: 'ECONNREFUSED' });
    if (code === 'pending') return { error: 'authorization_pending', description: 'People are still deciding.' };
    const claims = { scope: 'refund.create', authorization_details: [] };
    return { accessToken: 'a.b.c', expiresInSeconds: 60, claims, grantId: 'grt_1' };
  },
};

const asks: Pick<TokenAsks, 'execute'> = {
  execute: () => Promise.reject(Object.assign(new Error('gone'), { code: 'ECONNREFUSED' })),
};

class Judge extends OutageJudge {
  override isOutage(fault: { code?: unknown }): boolean {
    return fault.code === 'ECONNREFUSED';
  }
}

@Module({
  controllers: oauthControllers,
  providers: [
    { provide: BrokerIdentity, useValue: broker },
    { provide: ClientAuthenticator, useValue: { authenticate: (proof: ClientProof) => door().authenticate(proof) } },
    { provide: TokenAsks, useValue: asks },
    FormCallers,
    TokenGrants,
    { provide: RedeemGrant, useValue: redeem },
    { provide: RenewToken, useValue: NOBODY },
    { provide: IntrospectToken, useValue: { execute: async () => null } },
    { provide: RegistrySource, useValue: { recent: () => null } },
    { provide: ConcurrencyLimiter, useValue: new ConcurrencyLimiter() },
    { provide: RevokeToken, useValue: { execute: async (_id: string, token: string) => void revoked.push(token) } },
    { provide: KeyRing, useValue: { publicJwks: () => [{ kid: 'k' }], refresh: async () => void (reads += 1) } },
  ],
})
class OAuthOnly {}

const ledger = new MemoryLedger();
/** Made late: the issuer holds the port, which is known only once the server listens. */
function door(): ClientAuthenticator {
  const nowSeconds = () => Math.floor(Date.now() / 1000);
  return new ClientAuthenticator(
    new MemoryRegistrations(registered),
    ledger,
    new SecretVerifier(),
    { issuer: broker.issuer, nowSeconds },
    { prove: async () => fail('invalid_client', 'unknown_workload', 'no workloads here') },
  );
}

let app: NestFastifyApplication;
let config: client.Configuration;
/** What the library was answered last, unread. */
let last: Response;

beforeAll(async () => {
  app = await NestFactory.create<NestFastifyApplication>(
    OAuthOnly,
    new FastifyAdapter({ bodyLimit: LIMITS.bodyBytesMax }),
    {
      rawBody: true,
      logger: false,
    },
  );
  app.useGlobalFilters(new ProblemFilter(new JsonLog('fatal'), new Judge(), new OAuthDialect()));
  // The routes are public for this guard, so it needs nobody to ask.
  app.useGlobalGuards(new AuthenticationGuard(new Reflector(), NOBODY, NOBODY, NOBODY, broker));
  await app.listen(0, '127.0.0.1');
  Object.assign(broker, { issuer: (await app.getUrl()).replace('[::1]', '127.0.0.1') });
  const pair = await crypto.subtle.generateKey({ name: 'ECDSA', namedCurve: 'P-256' }, true, ['sign', 'verify']);
  const { kty, crv, x, y } = await crypto.subtle.exportKey('jwk', pair.publicKey);
  const auth = { kind: 'jwks', keys: [{ kty, crv, x, y }] } as const;
  registered.push({ kind: 'agent', id: 'support-bot', auth, suspended: false });
  config = await client.discovery(new URL(broker.issuer), 'support-bot', {}, client.PrivateKeyJwt(pair.privateKey), {
    algorithm: 'oauth2',
    execute: [client.allowInsecureRequests],
  });
  config[client.customFetch] = async (url, options) => {
    const response = await fetch(url, {
      ...(options as RequestInit),
      headers: { ...options.headers, ...extraHeaders },
    });
    last = response.clone();
    return response;
  };
});

afterAll(() => app.close());

const FORM = 'application/x-www-form-urlencoded';
const post = (path: string, body: string, contentType = FORM, more: Record<string, string> = {}) =>
  fetch(broker.issuer + path, { method: 'POST', body, headers: { 'Content-Type': contentType, ...more } });

describe('a stranger’s client library', () => {
  it('discovers, polls, redeems, introspects and revokes', async () => {
    const waiting = client.genericGrantRequest(config, DEFERRED, { deferral_code: 'pending' });
    await expect(waiting).rejects.toMatchObject({ error: 'authorization_pending', cause: { interval: 2 } });
    const tokens = await client.genericGrantRequest(config, DEFERRED, { deferral_code: 'approved' });
    expect(tokens).toMatchObject({ access_token: 'a.b.c', token_type: 'bearer', grant_id: 'grt_1' });
    expect(await client.tokenIntrospection(config, 'a.b.c')).toEqual({ active: false });
    await client.tokenRevocation(config, 'a.b.c');
    expect(revoked).toEqual(['a.b.c']);
    expect(await last.text()).toBe('');
  });

  it.each([
    ['bare', 'key-1', 'key-1'],
    ['quoted', '"key-1"', 'key-1'],
    ['of two words', 'key 1', null],
    ['of 129 characters', 'k'.repeat(129), null],
  ])('may send an Idempotency-Key that is %s', async (_form, header, key) => {
    redeemKeys.length = 0;
    extraHeaders = { 'Idempotency-Key': header };
    const asked = client.genericGrantRequest(config, DEFERRED, { deferral_code: 'approved' });
    if (key === null) await expect(asked).rejects.toMatchObject({ error: 'invalid_request', status: 400 });
    else await asked;
    expect(redeemKeys).toEqual(key === null ? [] : [key]);
    extraHeaders = {};
  });

  it('is asked to come back when the store is away', async () => {
    storeAway = true;
    const failing = client.genericGrantRequest(config, DEFERRED, { deferral_code: 'approved' });
    await expect(failing).rejects.toThrow('unexpected HTTP response status code');
    expect(last.status).toBe(503);
    expect(last.headers.get('retry-after')).toBe('1');
    expect(await last.json()).toMatchObject({ error: 'temporarily_unavailable' });
    const ask = { resource: 'https://api.example', authorization_details: '[]' };
    await expect(client.clientCredentialsGrant(config, ask)).rejects.toThrow('unexpected HTTP response status code');
    expect([last.status, last.headers.get('retry-after')]).toEqual([503, '1']);
    expect(await last.json()).toMatchObject({ error: 'temporarily_unavailable' });
    storeAway = false;
  });
});

describe('the wire', () => {
  it('challenges only who used the Authorization header', async () => {
    const byForm = await post('/oauth/revoke', 'token=t');
    expect([byForm.status, byForm.headers.get('www-authenticate')]).toEqual([401, null]);
    const byHeader = await post('/oauth/revoke', 'token=t', undefined, { Authorization: 'Basic eDp5' });
    expect([byHeader.status, byHeader.headers.get('www-authenticate')]).toEqual([401, 'Basic realm="writ"']);
    expect(await byHeader.json()).toMatchObject({ error: 'invalid_client' });
  });

  it.each<[string, string, string, number]>([
    ['a repeated parameter', 'a=1&a=2', `${FORM}; charset=utf-8`, 400],
    ['a parameter that objects inherit', '__proto__=1', FORM, 400],
    ['JSON', '{}', 'application/json', 415],
    ['JSON that does not parse', '{', 'application/json', 400],
    ['a type nobody parses', '<a/>', 'application/xml', 415],
    ['a body too large', `a=${'x'.repeat(LIMITS.bodyBytesMax)}`, FORM, 413],
  ])('refuses %s as OAuth does', async (_shape, body, contentType, status) => {
    const response = await post('/oauth/token', body, contentType);
    expect(response.status).toBe(status);
    expect(response.headers.get('content-type')).toBe('application/json; charset=utf-8');
    expect(response.headers.get('cache-control')).toBe('no-store');
    expect(await response.json()).toEqual({ error: 'invalid_request', error_description: expect.any(String) });
  });

  it.each(['/oauth/token', '/oauth/introspect', '/oauth/revoke', '/oauth/bc-authorize'])(
    'has no GET %s',
    async (path) => {
      expect((await fetch(broker.issuer + path)).status).toBe(404);
    },
  );

  it('publishes both documents for a short while and keys for no while', async () => {
    for (const name of ['oauth-authorization-server', 'openid-configuration']) {
      const response = await fetch(`${broker.issuer}/.well-known/${name}`);
      expect(response.headers.get('cache-control')).toBe('public, max-age=300');
      expect(await response.json()).toMatchObject({ issuer: broker.issuer });
    }
    const jwks = await fetch(`${broker.issuer}/oauth/jwks`);
    expect(jwks.headers.get('cache-control')).toBe('no-store');
    expect(await jwks.json()).toEqual({ keys: [{ kid: 'k' }] });
  });

  it('reads the keys from the store once for many who ask', async () => {
    await Promise.all([1, 2, 3].map(() => fetch(`${broker.issuer}/oauth/jwks`)));
    expect(reads).toBe(1);
  });
});

it('the description names the form, every status and every error of the token endpoint', () => {
  setMarks(swagger);
  const { paths } = swagger.SwaggerModule.createDocument(app, new swagger.DocumentBuilder().build());
  const post = JSON.parse(JSON.stringify(paths['/oauth/token']?.post));
  expect(Object.keys(post.requestBody.content)).toEqual([FORM]);
  expect(Object.keys(post.responses)).toEqual(['200', '400', '401', '409', '413', '415', '429', '503']);
  expect(Object.keys(post.responses['400'].content['application/json'].examples)).toContain('authorization_pending');
});
