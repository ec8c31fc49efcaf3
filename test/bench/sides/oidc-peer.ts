import { createServer, type IncomingMessage, type RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import { peerStore, type PeerAdapter } from './peer-adapter.js';
import { keyPair } from '../../harness/world/key-pair.js';

/**
 * The reference, a program of its own: `oidc-provider`, unmodified, with every model in PostgreSQL. It takes what it
 * is given as JSON in its one argument and says its issuer on standard output.
 */
export interface PeerGiven {
  readonly databaseUrl: string;
  readonly connections: number;
  readonly verifierSecret: string;
  readonly clients: readonly { readonly id: string; readonly jwk: Record<string, unknown> }[];
}

interface Grant {
  addOIDCScope(scope: string): void;
  addResourceScope(resource: string, scope: string): void;
  save(): Promise<string>;
}

interface Provider {
  readonly Grant: new (of: { accountId: string; clientId: string }) => Grant;
  callback(): RequestListener;
  backchannelResult(request: string, grant: Grant): Promise<void>;
}

type ProviderClass = new (issuer: string, configuration: Record<string, unknown>) => Provider;

/** The audience whose tokens are JWTs; those of every other are opaque, as only those it introspects. */
const JWT_AUDIENCE = 'https://jwt.example';
const CIBA = 'urn:openid:params:grant-type:ciba';
const IDLE_MS = 600_000;

const given = JSON.parse(process.argv[2] ?? '{}') as PeerGiven;
const server = createServer((request, response) => {
  if (request.url !== '/approve') return answer(request, response);
  approve(request).then(
    () => response.writeHead(204).end(),
    (fault: unknown) => response.writeHead(500).end(String(fault)),
  );
});
server.keepAliveTimeout = IDLE_MS;
await new Promise<void>((resolve) => server.listen(0, 'localhost', resolve));
const issuer = `http://localhost:${(server.address() as AddressInfo).port}`;
const provider = await makeProvider(issuer, await peerStore(given.databaseUrl, given.connections));
const answer = provider.callback();
process.stdout.write(`${issuer}\n`);

/** A person allows what was asked for: what the way from a device would do, without that way. */
async function approve(request: IncomingMessage): Promise<void> {
  const { id, clientId } = JSON.parse(await text(request)) as { id: string; clientId: string };
  const grant = new provider.Grant({ accountId: 'bob', clientId });
  grant.addOIDCScope('openid');
  grant.addResourceScope(JWT_AUDIENCE, 'payment.read');
  await grant.save();
  await provider.backchannelResult(id, grant);
}

async function makeProvider(issuer: string, adapter: (model: string) => PeerAdapter): Promise<Provider> {
  const name: string = 'oidc-provider'; // the package has no types
  const { Provider } = (await import(name)) as { Provider: ProviderClass };
  const { privateKey } = keyPair();
  const nothing = (): undefined => undefined;
  return new Provider(issuer, {
    adapter,
    jwks: { keys: [{ ...privateKey.export({ format: 'jwk' }), kid: 'peer', use: 'sig', alg: 'ES256' }] },
    cookies: { keys: ['a-key-for-the-cookies-of-this-bench'] },
    clients: [
      ...given.clients.map(({ id, jwk }) =>
        client(id, {
          token_endpoint_auth_method: 'private_key_jwt',
          jwks: { keys: [jwk] },
          grant_types: ['client_credentials', CIBA],
          backchannel_token_delivery_mode: 'poll',
        }),
      ),
      client('verifier', { token_endpoint_auth_method: 'client_secret_basic', client_secret: given.verifierSecret }),
    ],
    clientAuthMethods: ['private_key_jwt', 'client_secret_basic'],
    scopes: ['openid', 'payment.read'],
    ttl: { ClientCredentials: 600, AccessToken: 600, BackchannelAuthenticationRequest: 600, Grant: 600, IdToken: 600 },
    findAccount: (_context: unknown, sub: string) => ({ accountId: sub, claims: () => ({ sub }) }),
    features: {
      devInteractions: { enabled: false },
      clientCredentials: { enabled: true },
      introspection: { enabled: true, allowedPolicy: () => true },
      ciba: {
        enabled: true,
        deliveryModes: ['poll'],
        processLoginHint: (_context: unknown, hint: string) => hint,
        triggerAuthenticationDevice: nothing,
        validateBindingMessage: nothing,
        validateRequestContext: nothing,
        verifyUserCode: nothing,
      },
      resourceIndicators: {
        enabled: true,
        getResourceServerInfo: (_context: unknown, audience: string) => ({
          scope: 'payment.read',
          audience,
          accessTokenTTL: 600,
          accessTokenFormat: audience === JWT_AUDIENCE ? 'jwt' : 'opaque',
          ...(audience === JWT_AUDIENCE ? { jwt: { sign: { alg: 'ES256' } } } : {}),
        }),
      },
    },
  });
}

function client(id: string, more: Record<string, unknown>): Record<string, unknown> {
  return {
    client_id: id,
    grant_types: ['client_credentials'],
    redirect_uris: [],
    response_types: [],
    id_token_signed_response_alg: 'ES256',
    scope: 'openid payment.read',
    ...more,
  };
}
