import type { Configuration, CustomFetch } from 'openid-client';
import { LIMITS } from '#domain/limits.js';
import type { FetchFault, OutboundExchange } from '../ports.js';

/** Loaded when somebody first signs in this way: most brokers have no provider, and one that has asks it once an hour. */
const openIdClient = () => import('openid-client');

/** The organisation's OpenID provider, and what this broker is to it. */
export interface OpenIdProvider {
  readonly issuer: string;
  readonly clientId: string;
  readonly clientSecret: string;
}

/** What must come back unchanged with the person: sealed into a cookie between the two visits. */
export interface SignInTransaction {
  readonly state: string;
  readonly nonce: string;
  readonly verifier: string;
  /** Epoch milliseconds since when the provider must have asked who it is; `null`: an earlier sign-in will do. */
  readonly since: number | null;
}

/** Who the provider says came back. */
export interface OpenIdSubject {
  readonly issuer: string;
  readonly subject: string;
  /** The provider asked anew, for this sign-in. */
  readonly fresh: boolean;
  /** Why a sign-in that was to be made anew does not count as one, for the log; else `null`. */
  readonly stale: string | null;
}

/** `unreachable`: the provider did not answer as one; `refused`: what came back proves nothing. `detail` is for the log. */
export interface SignInFault {
  readonly failed: 'unreachable' | 'refused';
  readonly detail: string;
}

const DISCOVERY_KEPT_MS = 3_600_000;
/** After a failure: so long nobody asks the provider again. */
const FAILURE_KEPT_MS = 2_000;

/**
 * Sign-in of people by the authorization code flow with PKCE, state and nonce (OpenID Connect Core section 3.1, RFC 7636).
 * The identity token's signature is checked although it comes straight from the provider.
 */
export class OpenIdSignIn {
  private known: { readonly configuration: Promise<Configuration>; readonly until: number } | null = null;

  /** @param redirectUri where the provider sends people back to, registered there byte for byte */
  constructor(
    readonly provider: OpenIdProvider,
    private readonly redirectUri: string,
    private readonly outbound: OutboundExchange,
    private readonly nowMs: () => number = Date.now,
  ) {}

  /**
   * Begins a sign-in: where to send the browser, and what to keep until it comes back.
   * @param fresh the provider is to ask anew, whoever it remembers (OpenID Connect Core section 3.1.2.1)
   */
  async begin(fresh = false): Promise<{ url: string; transaction: SignInTransaction } | SignInFault> {
    try {
      const configuration = await this.configuration();
      const { buildAuthorizationUrl, calculatePKCECodeChallenge, ...random } = await openIdClient();
      const since = fresh ? this.nowMs() : null;
      const transaction = {
        state: random.randomState(),
        nonce: random.randomNonce(),
        verifier: random.randomPKCECodeVerifier(),
        since,
      };
      const url = buildAuthorizationUrl(configuration, {
        redirect_uri: this.redirectUri,
        scope: 'openid',
        state: transaction.state,
        nonce: transaction.nonce,
        code_challenge: await calculatePKCECodeChallenge(transaction.verifier),
        code_challenge_method: 'S256',
        ...(fresh ? { prompt: 'login', max_age: '0' } : {}),
      });
      if (url.protocol !== 'https:' && !this.isPlain())
        return { failed: 'unreachable', detail: 'its authorization endpoint is not https' };
      return { url: url.href, transaction };
    } catch (error) {
      return { failed: 'unreachable', detail: reasonOf(error) };
    }
  }

  /**
   * Ends a sign-in: exchanges the code and checks the identity token.
   * @param query of the request to the redirect URI, with the `?`
   */
  async finish(query: string, transaction: SignInTransaction): Promise<OpenIdSubject | SignInFault> {
    const { state, nonce, verifier, since } = transaction;
    try {
      const { authorizationCodeGrant } = await openIdClient();
      const tokens = await authorizationCodeGrant(await this.configuration(), new URL(query, this.redirectUri), {
        expectedState: state,
        expectedNonce: nonce,
        pkceCodeVerifier: verifier,
        idTokenExpected: true,
      });
      const claims = tokens.claims();
      if (claims === undefined) return { failed: 'refused', detail: 'no identity token' };
      const stale = since === null ? null : whyNotSince(claims.auth_time, since);
      return { issuer: claims.iss, subject: claims.sub, fresh: since !== null && stale === null, stale };
    } catch (error) {
      return { failed: outageOf(error) === null ? 'refused' : 'unreachable', detail: reasonOf(error) };
    }
  }

  /** The provider's metadata, asked for once an hour; those who ask together share an answer. */
  private configuration(): Promise<Configuration> {
    const now = this.nowMs();
    if (this.known !== null && now < this.known.until) return this.known.configuration;
    const configuration = this.discover();
    const known = { configuration, until: now + DISCOVERY_KEPT_MS };
    this.known = known;
    configuration.catch(() => {
      if (this.known === known) this.known = { configuration, until: this.nowMs() + FAILURE_KEPT_MS };
    });
    return configuration;
  }

  private async discover(): Promise<Configuration> {
    const { issuer, clientId, clientSecret } = this.provider;
    const client = await openIdClient();
    const { allowInsecureRequests } = client;
    const found = await client.discovery(new URL(issuer), clientId, clientSecret, undefined, {
      [client.customFetch]: this.fetch,
      ...(this.isPlain() ? { execute: [allowInsecureRequests] } : {}),
    });
    const server = found.serverMetadata();
    const methods = server.token_endpoint_auth_methods_supported ?? ['client_secret_basic'];
    // Basic where the provider takes it: OpenID Connect Core section 9 makes it the default.
    const proof = methods.includes('client_secret_basic') ? client.ClientSecretBasic : client.ClientSecretPost;
    const configuration = new client.Configuration(
      server,
      clientId,
      { client_secret: clientSecret },
      proof(clientSecret),
    );
    configuration[client.customFetch] = this.fetch;
    client.enableNonRepudiationChecks(configuration);
    if (this.isPlain()) allowInsecureRequests(configuration);
    return configuration;
  }

  /** True for a provider on this machine without TLS, which only loopback may be. */
  private isPlain(): boolean {
    return new URL(this.provider.issuer).protocol === 'http:';
  }

  private readonly fetch: CustomFetch = async (url, { method, headers, body }) => {
    const sent = body === undefined || body === null ? undefined : bodyText(body);
    const answer = await this.outbound.exchange(url, {
      method: method === 'POST' ? 'POST' : 'GET',
      headers,
      ...(sent === undefined ? {} : { body: sent }),
    });
    if ('fault' in answer) throw new ProviderAway(hostOf(url), answer.fault);
    return new Response(answer.status === 204 ? null : answer.body, { status: answer.status, headers: answer.headers });
  };
}

/** True when a sign-in did not get where it was to get. */
export function isSignInFault<T extends object>(result: T | SignInFault): result is SignInFault {
  return 'failed' in result;
}

/** @param authTime seconds by the provider's clock, as claimed @param since epoch milliseconds */
function whyNotSince(authTime: unknown, since: number): string | null {
  if (typeof authTime !== 'number') return 'the provider does not say when it asked who it is (auth_time)';
  return (authTime + LIMITS.clockSkewSeconds) * 1_000 >= since
    ? null
    : 'the provider did not ask anew (auth_time is older)';
}

class ProviderAway extends Error {
  constructor(host: string, fault: FetchFault['fault']) {
    const why = /not fetched from/.test(fault) ? ' (private, or reserved; only public ones are)' : '';
    super(`${host} was not reached: ${fault}${why}`);
    this.name = 'ProviderAway';
  }
}

function bodyText(body: unknown): string {
  if (typeof body === 'string') return body;
  if (body instanceof URLSearchParams) return body.toString();
  throw new TypeError('only forms are sent to the provider');
}

/** The outage behind an error, which the client may have wrapped. */
function outageOf(error: unknown): ProviderAway | null {
  for (let inner: unknown = error; inner instanceof Error; inner = inner.cause) {
    if (inner instanceof ProviderAway) return inner;
  }
  return null;
}

function hostOf(url: string): string {
  return URL.canParse(url) ? new URL(url).host : 'no host';
}

/** What the log tells of an error: the host that was not reached, or what the client says, never what the provider wrote. */
function reasonOf(error: unknown): string {
  const outage = outageOf(error);
  if (outage !== null) return outage.message;
  const { error: code, code: kind, message } = error as { error?: unknown; code?: unknown; message?: unknown };
  const words = [kind, code, message].filter((word): word is string => typeof word === 'string');
  return words.length === 0 ? 'unknown' : words.join(': ').slice(0, 300);
}
