import { createServer, type RequestListener } from 'node:http';
import { freePort } from '../brokers/broker.js';
import { keyPair } from '../world/key-pair.js';

/** What a job of the CI system says of itself; the next token carries it. */
export interface Job {
  repository_id: number;
  typ: string;
}

/** `oidc-provider`, unmodified, as a CI system that gives each job a token. */
export interface CiProvider {
  readonly issuer: string;
  /** A token of `client` for `audience`, as `job` describes it. */
  token(client: string, audience: string, job?: Partial<Job>): Promise<string>;
  close(): Promise<void>;
}

interface ProviderClass {
  new (issuer: string, configuration: Record<string, unknown>): { callback(): RequestListener };
}

const SECRET = 'a-secret-of-the-runner-0123456789';

/** Signed tokens are not stored, and nothing else is asked for. */
const NOTHING_KEPT = { find: async () => undefined, upsert: async () => undefined };

/** Starts the provider. @param clients who may ask it for tokens: `sub` of what they get */
export async function startCiProvider(clients: readonly string[]): Promise<CiProvider> {
  const port = await freePort();
  const issuer = `http://localhost:${port}`;
  let job: Job = { repository_id: 0, typ: 'JWT' };
  const name: string = 'oidc-provider'; // the package has no types
  const { Provider } = (await import(name)) as { Provider: ProviderClass };
  const provider = new Provider(
    issuer,
    configuration(clients, () => job),
  );
  const server = createServer(provider.callback());
  await new Promise<void>((resolve) => server.listen(port, '127.0.0.1', resolve));
  return {
    issuer,
    token: async (client, audience, more = {}) => {
      job = { repository_id: 42, typ: 'JWT', ...more };
      const response = await fetch(`http://127.0.0.1:${port}/token`, {
        method: 'POST',
        headers: {
          authorization: `Basic ${Buffer.from(`${client}:${SECRET}`).toString('base64')}`,
          host: `localhost:${port}`,
        },
        body: new URLSearchParams({ grant_type: 'client_credentials', resource: audience }),
      });
      const body = (await response.json()) as { access_token?: string };
      if (body.access_token === undefined) throw new Error(`no token: ${JSON.stringify(body)}`);
      return body.access_token;
    },
    close: async () => {
      server.closeAllConnections();
      await new Promise<void>((resolve) => server.close(() => resolve()));
    },
  };
}

function configuration(clients: readonly string[], job: () => Job): Record<string, unknown> {
  const { privateKey } = keyPair('rsa');
  return {
    jwks: { keys: [{ ...privateKey.export({ format: 'jwk' }), kid: 'ci', use: 'sig', alg: 'RS256' }] },
    adapter: () => NOTHING_KEPT,
    ttl: { ClientCredentials: 600 },
    cookies: { keys: ['unused'] },
    clients: clients.map((client_id) => ({
      client_id,
      client_secret: SECRET,
      grant_types: ['client_credentials'],
      redirect_uris: [],
      response_types: [],
    })),
    features: {
      devInteractions: { enabled: false },
      clientCredentials: { enabled: true },
      resourceIndicators: {
        enabled: true,
        getResourceServerInfo: (_context: unknown, audience: string) => ({
          audience,
          scope: '',
          accessTokenFormat: 'jwt',
          accessTokenTTL: 600,
          jwt: { sign: { alg: 'RS256' } },
        }),
      },
    },
    extraTokenClaims: () => ({ repository_id: job().repository_id }),
    formats: {
      customizers: {
        jwt: (_context: unknown, _token: unknown, jwt: { header?: unknown }) => {
          jwt.header = { typ: job().typ };
        },
      },
    },
  };
}
