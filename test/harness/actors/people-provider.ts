import { createServer, type IncomingMessage, type RequestListener, type ServerResponse } from 'node:http';
import { freePort } from '../brokers/broker.js';
import { keyPair } from '../world/key-pair.js';

/** `oidc-provider`, unmodified, as an organisation's sign-in that asks no questions: `next` comes back signed in. */
export interface PeopleProvider {
  readonly issuer: string;
  readonly clientId: string;
  readonly clientSecret: string;
  /** The subject whom the next sign-in is for; `null`: they decline. */
  next: string | null;
  close(): Promise<void>;
}

interface Provider {
  callback(): RequestListener;
  interactionDetails(request: IncomingMessage, response: ServerResponse): Promise<unknown>;
  interactionFinished(request: IncomingMessage, response: ServerResponse, result: object): Promise<void>;
}
interface ProviderClass {
  new (issuer: string, configuration: Record<string, unknown>): Provider;
}
interface GrantContext {
  oidc: {
    client: { clientId: string };
    session: { accountId: string };
    provider: {
      Grant: new (of: { clientId: string; accountId: string }) => {
        addOIDCScope(scope: string): void;
        save(): Promise<string>;
      };
    };
  };
}

const CLIENT_ID = 'writ';
const CLIENT_SECRET = 'a-secret-of-the-broker-0123456789-abcdef';

/**
 * Starts the provider.
 * @param redirectUri where it may send people back to
 * @param host `127.0.0.1` is another site than the broker’s `localhost` to a browser, and its cookies are others
 */
export async function startPeopleProvider(
  redirectUri: string,
  host: 'localhost' | '127.0.0.1' = 'localhost',
): Promise<PeopleProvider> {
  const port = await freePort();
  const issuer = `http://${host}:${port}`;
  const name: string = 'oidc-provider'; // the package has no types
  const { Provider } = (await import(name)) as { Provider: ProviderClass };
  const adapter: string = 'oidc-provider/lib/adapters/memory_adapter.js'; // its own default, without the warning
  const { default: Memory } = (await import(adapter)) as { default: new (model: string) => object };
  const provider = new Provider(issuer, {
    ...configuration(redirectUri),
    adapter: (model: string) => new Memory(model),
  });
  const answer = provider.callback();
  const started: PeopleProvider = {
    issuer,
    clientId: CLIENT_ID,
    clientSecret: CLIENT_SECRET,
    next: null,
    close: async () => {
      server.closeAllConnections();
      await new Promise<void>((resolve) => server.close(() => resolve()));
    },
  };
  const server = createServer((request, response) => {
    if (request.url?.startsWith('/who/') !== true) return void answer(request, response);
    const result =
      started.next === null ? { error: 'access_denied' } : { login: { accountId: started.next, remember: false } };
    provider.interactionFinished(request, response, result).catch((error: unknown) => {
      response.statusCode = 500;
      response.end(String(error));
    });
  });
  await new Promise<void>((resolve) => server.listen(port, '127.0.0.1', resolve));
  return started;
}

function configuration(redirectUri: string): Record<string, unknown> {
  const { privateKey } = keyPair();
  return {
    jwks: { keys: [{ ...privateKey.export({ format: 'jwk' }), kid: 'people', use: 'sig', alg: 'ES256' }] },
    cookies: { keys: ['a-key-for-the-cookies-of-this-test'] },
    clients: [
      {
        client_id: CLIENT_ID,
        client_secret: CLIENT_SECRET,
        redirect_uris: [redirectUri],
        id_token_signed_response_alg: 'ES256',
      },
    ],
    ttl: { Interaction: 600, Grant: 600, Session: 600, AccessToken: 600, IdToken: 600, AuthorizationCode: 60 },
    pkce: { required: () => true },
    features: { devInteractions: { enabled: false } },
    interactions: { url: (_context: unknown, { uid }: { uid: string }) => `/who/${uid}` },
    findAccount: (_context: unknown, sub: string) => ({ accountId: sub, claims: async () => ({ sub }) }),
    loadExistingGrant: async ({ oidc }: GrantContext) => {
      const grant = new oidc.provider.Grant({ clientId: oidc.client.clientId, accountId: oidc.session.accountId });
      grant.addOIDCScope('openid');
      await grant.save();
      return grant;
    },
  };
}
