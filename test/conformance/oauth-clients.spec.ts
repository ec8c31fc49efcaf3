import { webcrypto } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { createRemoteJWKSet, jwtVerify } from 'jose';
import * as oauth from 'oauth4webapi';
import * as openid from 'openid-client';
import { ACCESS_TOKEN, DEFERRED, readAsk, refundAsk, TOKEN_EXCHANGE } from '../harness/actors/agent.js';
import { created, setStage, type Stage } from '../harness/world/stage.js';

/** Clients and verifiers that know nothing of Writ, as they come from the registry. */
let stage: Stage;
let issuer: URL;

beforeAll(async () => {
  stage = await setStage();
  issuer = new URL(stage.broker.issuer);
});
afterAll(() => stage.close());

async function clientAuth(id: string): Promise<openid.ClientAuth> {
  return openid.PrivateKeyJwt(await privateKey(id));
}

async function privateKey(id: string): Promise<{ key: openid.CryptoKey; kid: string }> {
  const pair = stage.world.keys[id];
  if (pair === undefined) throw new Error(`no key for ${id}`);
  const pkcs8 = pair.privateKey.export({ format: 'der', type: 'pkcs8' });
  const key = await webcrypto.subtle.importKey('pkcs8', pkcs8, { name: 'ECDSA', namedCurve: 'P-256' }, false, ['sign']);
  return { key: key as openid.CryptoKey, kid: pair.kid };
}

async function discovered(id: string, algorithm: 'oauth2' | 'oidc'): Promise<openid.Configuration> {
  return openid.discovery(issuer, id, {}, await clientAuth(id), { algorithm, execute: [openid.allowInsecureRequests] });
}

/** The refund of the other stories as a form says it. */
const refundForm = {
  authorization_details: JSON.stringify(refundAsk()['authorization_details']),
  task: JSON.stringify(refundAsk()['task']),
};

async function token(): Promise<{ jwt: string; code: string; grant: string }> {
  const agent = stage.caller('support-bot');
  const { continuation } = created(await agent.ask(readAsk()), 201);
  const { body } = await agent.redeem(continuation.deferral_code);
  return { jwt: body.access_token as string, code: continuation.deferral_code, grant: body.grant_id as string };
}

describe('openid-client 6, unmodified', () => {
  it.each(['oauth2', 'oidc'] as const)(
    'finds the issuer by %s, proves itself, redeems, introspects and revokes',
    async (algorithm) => {
      const config = await discovered('support-bot', algorithm);
      expect(config.serverMetadata()).toMatchObject({
        issuer: stage.broker.issuer,
        deferred_token_response_supported: true,
      });
      const asked = created(await stage.caller('support-bot').ask(refundAsk()), 202);
      const redeem = () =>
        openid.genericGrantRequest(config, DEFERRED, { deferral_code: asked.continuation.deferral_code });
      await expect(redeem()).rejects.toMatchObject({
        name: 'ResponseBodyError',
        status: 400,
        error: 'authorization_pending',
        cause: { interval: 2 },
      });
      await expect(redeem()).rejects.toMatchObject({ error: 'slow_down' });

      await (await stage.person('bob')).decide(asked, 'approve');
      const tokens = await redeem();
      expect(tokens).toMatchObject({
        token_type: 'bearer',
        scope: 'refund.create',
        expires_in: 200,
        authorization_details: [{ type: 'tool_call', identifier: 'order/8812' }],
      });
      expect(tokens.expiresIn()).toBeGreaterThan(190);
      await expect(redeem()).rejects.toMatchObject({ error: 'invalid_grant' });

      expect(await openid.tokenIntrospection(config, tokens.access_token)).toMatchObject({
        active: true,
        client_id: 'support-bot',
        iss: stage.broker.issuer,
      });
      await openid.tokenRevocation(config, tokens.access_token);
      expect(await openid.tokenIntrospection(config, tokens.access_token)).toEqual({ active: false });
    },
  );

  it('asks and collects in one call by its client credentials grant, where policy allows', async () => {
    const config = await discovered('support-bot', 'oauth2');
    expect(config.serverMetadata()).toMatchObject({
      grant_types_supported: expect.arrayContaining(['client_credentials']),
      authorization_details_types_supported: ['tool_call'],
    });
    const tokens = await openid.clientCredentialsGrant(config, {
      resource: 'https://payments.example',
      authorization_details: JSON.stringify(readAsk()['authorization_details']),
      requested_ttl: '60',
    });
    expect(tokens).toMatchObject({ token_type: 'bearer', scope: 'payment.read', expires_in: 60 });
    const { escalation_id, grant_id, authorization_details } = tokens;
    expect([escalation_id, grant_id]).toEqual([expect.stringMatching(/^esc_/), expect.stringMatching(/^grt_/)]);
    expect(authorization_details).toEqual(readAsk()['authorization_details']);
    expect(await openid.tokenIntrospection(config, tokens.access_token)).toMatchObject({ active: true });
  });

  it('asks by the same grant what people decide, and redeems it when they have', async () => {
    const config = await discovered('support-bot', 'oauth2');
    const ask = { resource: 'https://payments.example', ...refundForm };
    await expect(openid.clientCredentialsGrant(config, ask)).rejects.toMatchObject({
      name: 'ResponseBodyError',
      status: 400,
      error: 'invalid_authorization_details',
    });
    const pending = await openid
      .clientCredentialsGrant(config, { ...ask, completion_mode: 'deferred' })
      .catch((error: openid.ResponseBodyError) => error);
    expect(pending).toMatchObject({ name: 'ResponseBodyError', status: 400, error: 'authorization_pending' });
    const { deferral_code, escalation_id } = (pending as { cause: Record<string, string> }).cause;
    const asked = (await stage.caller('support-bot').get(`/v1/escalations/${escalation_id}`)).body;
    await (await stage.person('bob')).decide(asked, 'approve');
    const tokens = await openid.genericGrantRequest(config, DEFERRED, { deferral_code: String(deferral_code) });
    expect(tokens).toMatchObject({ scope: 'refund.create', token_type: 'bearer' });
  });

  it('is told by the same grant what nobody may have', async () => {
    const authorization_details = JSON.stringify([{ type: 'tool_call', actions: ['ledger.drop'] }]);
    const ask = { resource: 'https://payments.example', authorization_details, completion_mode: 'deferred' };
    await expect(openid.clientCredentialsGrant(await discovered('support-bot', 'oauth2'), ask)).rejects.toMatchObject({
      name: 'ResponseBodyError',
      error: 'invalid_authorization_details',
      error_description: expect.stringContaining('Nobody drops a ledger.'),
    });
  });

  it('renews by token exchange (RFC 8693), and not what it does not hold', async () => {
    const config = await discovered('support-bot', 'oauth2');
    expect(config.serverMetadata().grant_types_supported).toContain(TOKEN_EXCHANGE);
    const { jwt } = await token();
    const renew = (subject_token: string) =>
      openid.genericGrantRequest(config, TOKEN_EXCHANGE, { subject_token, subject_token_type: ACCESS_TOKEN });
    const renewed = await renew(jwt);
    expect(renewed).toMatchObject({ issued_token_type: ACCESS_TOKEN, token_type: 'bearer', scope: 'payment.read' });
    expect(await openid.tokenIntrospection(config, jwt)).toEqual({ active: false });
    expect(await openid.tokenIntrospection(config, renewed.access_token)).toMatchObject({ active: true });
    await expect(renew(jwt)).rejects.toMatchObject({
      name: 'ResponseBodyError',
      status: 400,
      error: 'invalid_request',
    });
    await openid.tokenRevocation(config, renewed.access_token);
    await expect(renew(renewed.access_token)).rejects.toMatchObject({ error: 'invalid_request' });
  });

  it('introspects as a verifier, and learns nothing of another audience', async () => {
    const { jwt } = await token();
    expect(await openid.tokenIntrospection(await discovered('payments-api', 'oauth2'), jwt)).toMatchObject({
      active: true,
      aud: 'https://payments.example',
    });
    expect(await openid.tokenIntrospection(await discovered('other-api', 'oauth2'), jwt)).toEqual({ active: false });
  });

  it('is refused under another’s name', async () => {
    const config = await openid.discovery(issuer, 'support-bot', {}, await clientAuth('rival-bot'), {
      algorithm: 'oauth2',
      execute: [openid.allowInsecureRequests],
    });
    await expect(openid.genericGrantRequest(config, DEFERRED, { deferral_code: 'x' })).rejects.toMatchObject({
      status: 401,
      error: 'invalid_client',
    });
  });
});

describe('oauth4webapi, as a resource server', () => {
  const insecure = { [oauth.allowInsecureRequests]: true };

  async function validate(jwt: string, audience: string): Promise<oauth.JWTAccessTokenClaims> {
    const as = await oauth.processDiscoveryResponse(
      issuer,
      await oauth.discoveryRequest(issuer, { algorithm: 'oauth2', ...insecure }),
    );
    const request = new Request('https://payments.example/refunds', { headers: { authorization: `Bearer ${jwt}` } });
    return oauth.validateJwtAccessToken(as, request, audience, insecure);
  }

  it('accepts a token for its audience (RFC 9068)', async () => {
    const { jwt, grant } = await token();
    const claims = await validate(jwt, 'https://payments.example');
    expect(claims).toMatchObject({
      sub: 'agent:support-bot',
      client_id: 'support-bot',
      scope: 'payment.read',
      grant_id: grant,
    });
    expect(claims.exp - claims.iat).toBeLessThanOrEqual(300);
  });

  it('refuses it for another audience, and changed in any part', async () => {
    const { jwt } = await token();
    await expect(validate(jwt, 'https://other.example')).rejects.toThrow();
    const [header, payload, signature] = jwt.split('.') as [string, string, string];
    const wider = Buffer.from(
      JSON.stringify({
        ...(JSON.parse(Buffer.from(payload, 'base64url').toString()) as object),
        scope: 'refund.create',
      }),
    ).toString('base64url');
    await expect(validate(`${header}.${wider}.${signature}`, 'https://payments.example')).rejects.toThrow();
    const none = Buffer.from(JSON.stringify({ alg: 'none', typ: 'at+jwt' })).toString('base64url');
    await expect(validate(`${none}.${payload}.`, 'https://payments.example')).rejects.toThrow();
  });

  it('does not take an assertion of the agent for a token', async () => {
    await expect(
      validate(
        await stage.caller('support-bot').assertion({ aud: 'https://payments.example' }),
        'https://payments.example',
      ),
    ).rejects.toThrow();
  });
});

describe('oauth4webapi, as a client', () => {
  it('asks by client credentials: a token, a deferral, a denial, each as it expects them', async () => {
    const insecure = { [oauth.allowInsecureRequests]: true };
    const as = await oauth.processDiscoveryResponse(
      issuer,
      await oauth.discoveryRequest(issuer, { algorithm: 'oauth2', ...insecure }),
    );
    const client = { client_id: 'support-bot' };
    const auth = oauth.PrivateKeyJwt(await privateKey('support-bot'));
    const ask = async (more: Record<string, string>): Promise<oauth.TokenEndpointResponse> => {
      const parameters = new URLSearchParams({ resource: 'https://payments.example', ...more });
      const response = await oauth.clientCredentialsGrantRequest(as, client, auth, parameters, insecure);
      return oauth.processClientCredentialsResponse(as, client, response);
    };
    const read = JSON.stringify(readAsk()['authorization_details']);
    expect(await ask({ authorization_details: read })).toMatchObject({ token_type: 'bearer', scope: 'payment.read' });
    await expect(ask({ ...refundForm, completion_mode: 'deferred' })).rejects.toMatchObject({
      error: 'authorization_pending',
      cause: { deferral_code: expect.any(String), interval: 2, expires_in: 900 },
    });
    await expect(ask(refundForm)).rejects.toMatchObject({ error: 'invalid_authorization_details', status: 400 });
  });
});

describe('jose, over the published keys', () => {
  it('verifies type, issuer, audience and algorithm', async () => {
    const { jwt } = await token();
    const keys = createRemoteJWKSet(new URL('/oauth/jwks', issuer));
    const options = {
      issuer: stage.broker.issuer,
      audience: 'https://payments.example',
      typ: 'at+jwt',
      algorithms: ['ES256'],
    };
    const { payload, protectedHeader } = await jwtVerify(jwt, keys, options);
    expect(Object.keys(protectedHeader).sort()).toEqual(['alg', 'kid', 'typ']);
    expect(payload).toMatchObject({
      sub: 'agent:support-bot',
      jti: expect.stringMatching(/^tok_/),
      txn: expect.stringMatching(/^esc_/),
    });
    await expect(jwtVerify(jwt, keys, { ...options, audience: 'https://other.example' })).rejects.toMatchObject({
      code: 'ERR_JWT_CLAIM_VALIDATION_FAILED',
    });
    await expect(jwtVerify(jwt, keys, { ...options, typ: 'JWT' })).rejects.toThrow();
  });

  it('finds no private part among the published keys', async () => {
    const { keys } = (await (await fetch(new URL('/oauth/jwks', issuer))).json()) as {
      keys: Record<string, unknown>[];
    };
    expect(keys.length).toBeGreaterThan(0);
    for (const key of keys) {
      expect(key).toMatchObject({ kty: 'EC', crv: 'P-256', alg: 'ES256', use: 'sig', kid: expect.any(String) });
      expect(key).not.toHaveProperty('d');
    }
  });
});
