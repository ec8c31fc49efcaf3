import { describe, expect, it } from '@jest/globals';
import * as oauth from 'oauth4webapi';
import { fail } from '#identity/agents/authentication-failure.js';
import { ClientAuthenticator } from '#identity/agents/authenticate-client.js';
import { SecretVerifier } from '#identity/agents/client-secret.js';
import { MemoryLedger, MemoryRegistrations } from '#identity/testing/memory-callers.js';
import { DEFERRED } from '#domain/deferred-grant.js';
import { CLIENT_CREDENTIALS } from './grants/asking.js';
import { TOKEN_EXCHANGE } from './grants/renewal.js';
import { authorizationServerMetadata, openidConfiguration } from './metadata.js';
import { doors } from './testing/doors.js';
import { answerToken } from './token-endpoint.js';

const ISSUER = 'https://writ.example';
const metadata = authorizationServerMetadata(ISSUER);

describe.each([
  ['oauth2', metadata],
  ['oidc', openidConfiguration(ISSUER)],
] as const)('the %s document', (algorithm, document) => {
  it('is what a client library expects at the place where it looks', async () => {
    let asked = '';
    const response = await oauth.discoveryRequest(new URL(ISSUER), {
      algorithm,
      [oauth.customFetch]: async (url) => ((asked = url), Response.json(document)),
    });
    const found = await oauth.processDiscoveryResponse(new URL(ISSUER), response);
    expect(asked).toContain(algorithm === 'oidc' ? 'openid-configuration' : 'oauth-authorization-server');
    expect(found.token_endpoint).toBe('https://writ.example/oauth/token');
    expect(found['deferred_token_response_supported']).toBe(true);
  });

  it('names its issuer byte for byte and no route that does not answer', () => {
    expect(document.issuer).toBe(ISSUER);
    const routes = Object.keys(document).filter((name) => /_endpoint$|_uri$/.test(name));
    expect(routes).toEqual([
      'token_endpoint',
      'introspection_endpoint',
      'revocation_endpoint',
      'jwks_uri',
      'status_list_aggregation_endpoint',
    ]);
    expect(document.grant_types_supported).toEqual([CLIENT_CREDENTIALS, DEFERRED, TOKEN_EXCHANGE]);
  });

  it('holds no empty list', () => {
    expect(Object.values(document).filter((value) => Array.isArray(value) && value.length === 0)).toEqual([]);
  });
});

it('the oidc document has the members that its standard requires', () => {
  const document = openidConfiguration(ISSUER);
  expect(document.subject_types_supported).toEqual(['public']);
  expect(document.id_token_signing_alg_values_supported).toEqual(['ES256', 'RS256']);
});

describe('an assertion of each announced algorithm', () => {
  it.each([...metadata.token_endpoint_auth_signing_alg_values_supported])('%s redeems', async (alg) => {
    const { privateKey, publicKey } = await oauth.generateKeyPair(alg === 'EdDSA' ? 'Ed25519' : alg, {
      extractable: true,
    });
    const { key_ops: _ops, alg: _alg, ...jwk } = await crypto.subtle.exportKey('jwk', publicKey);
    const services = {
      ...doors().services,
      authenticator: authenticatorFor({ ...jwk }),
      admit: <T>(_caller: unknown, work: () => Promise<T>) => work(),
    };
    const response = await oauth.genericTokenEndpointRequest(
      metadata as unknown as oauth.AuthorizationServer,
      { client_id: 'support-bot' },
      oauth.PrivateKeyJwt(privateKey, { [oauth.modifyAssertion]: (header) => void (header['alg'] = alg) }),
      DEFERRED,
      { deferral_code: 'c0de' },
      {
        [oauth.customFetch]: async (_url, { headers, body }) => {
          const request = { contentType: headers['content-type'], body: Buffer.from(String(body)) };
          const answer = await answerToken(request, services);
          return Response.json(answer.body, { status: answer.status, headers: { ...answer.headers } });
        },
      },
    );
    expect(await response.clone().json()).toMatchObject({ grant_id: 'grt_1' });
    expect(response.status).toBe(200);
  });
});

function authenticatorFor(jwk: Record<string, unknown>): ClientAuthenticator {
  const auth = { kind: 'jwks', keys: [jwk] } as const;
  const nowSeconds = () => Math.floor(Date.now() / 1000);
  return new ClientAuthenticator(
    new MemoryRegistrations([{ kind: 'agent', id: 'support-bot', auth, suspended: false }]),
    new MemoryLedger(),
    new SecretVerifier(),
    { issuer: ISSUER, nowSeconds },
    { prove: async () => fail('invalid_client', 'unknown_workload', 'no workloads here') },
  );
}
