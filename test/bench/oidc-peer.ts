import { generateKeyPairSync } from 'node:crypto';
import { createServer, type RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';

/**
 * The reference for throughput, a program of its own: `oidc-provider`, unmodified, with its own adapter in memory. It
 * takes its one client's public key as argument and says its issuer on standard output.
 */
interface ProviderClass {
  new (issuer: string, configuration: Record<string, unknown>): { callback(): RequestListener };
}

/** The audience whose tokens are JWTs; those of every other are opaque, as only those it introspects. */
const JWT_AUDIENCE = 'https://jwt.example';
const CLIENT_SECRET = 'a-secret-of-the-bench-0123456789-abcdef';

const server = createServer((request, response) => answer(request, response));
await new Promise<void>((resolve) => server.listen(0, 'localhost', resolve));
const issuer = `http://localhost:${(server.address() as AddressInfo).port}`;
const answer = await provider(issuer, JSON.parse(process.argv[2] ?? '{}') as object);
process.stdout.write(`${issuer}\n`);

async function provider(issuer: string, publicJwk: object): Promise<RequestListener> {
  const name: string = 'oidc-provider'; // the package has no types
  const { Provider } = (await import(name)) as { Provider: ProviderClass };
  const adapter: string = 'oidc-provider/lib/adapters/memory_adapter.js'; // its own default, without the warning
  const { default: Memory } = (await import(adapter)) as { default: new (model: string) => object };
  const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  return new Provider(issuer, {
    adapter: (model: string) => new Memory(model),
    jwks: { keys: [{ ...privateKey.export({ format: 'jwk' }), kid: 'peer', use: 'sig', alg: 'ES256' }] },
    cookies: { keys: ['a-key-for-the-cookies-of-this-bench'] },
    clients: [
      machine('agent', { token_endpoint_auth_method: 'private_key_jwt', jwks: { keys: [publicJwk] } }),
      machine('verifier', { token_endpoint_auth_method: 'client_secret_basic', client_secret: CLIENT_SECRET }),
    ],
    clientAuthMethods: ['private_key_jwt', 'client_secret_basic'],
    scopes: ['openid', 'payment.read'],
    ttl: { ClientCredentials: 600 },
    features: {
      devInteractions: { enabled: false },
      clientCredentials: { enabled: true },
      introspection: { enabled: true, allowedPolicy: () => true },
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
  }).callback();
}

function machine(id: string, auth: Record<string, unknown>): Record<string, unknown> {
  return {
    client_id: id,
    grant_types: ['client_credentials'],
    redirect_uris: [],
    response_types: [],
    id_token_signed_response_alg: 'ES256',
    scope: 'payment.read',
    ...auth,
  };
}
