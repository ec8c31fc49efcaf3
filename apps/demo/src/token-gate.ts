import { isDeepStrictEqual } from 'node:util';
import { createRemoteJWKSet, errors, jwtVerify, type JWTVerifyGetKey } from 'jose';
import type { ToolCall } from './sample-agent.js';
import type { SignedClient } from './signed-client.js';

/** The call that this server is about to make. */
export interface Call {
  readonly action: string;
  readonly identifier?: string;
  readonly arguments?: Readonly<Record<string, unknown>>;
}

/** A token whose signature, issuer, audience, type and life were found good. */
export interface VerifiedToken {
  readonly jwt: string;
  readonly permits: readonly GrantedCall[];
}

/** `arguments_digest` stands for arguments too large for a token. */
type GrantedCall = ToolCall & { readonly arguments_digest?: string };

/** Why a call is not served: an HTTP status, a code for programs, a sentence for people. */
export class Refused extends Error {
  constructor(
    readonly status: number,
    readonly code: string,
    message: string,
  ) {
    super(message);
  }
}

/** What stands before a resource: three checks, each cheaper than the next. Copy it freely. */
export class TokenGate {
  private constructor(
    private readonly audience: string,
    private readonly issuer: string,
    private readonly keys: JWTVerifyGetKey,
    private readonly writ: SignedClient,
  ) {}

  /** Learns from the broker's metadata (RFC 8414) where its keys are. @param writ a client with the role `verifier` */
  static async open(audience: string, issuer: string, writ: SignedClient): Promise<TokenGate> {
    const response = await fetch(`${issuer}/.well-known/oauth-authorization-server`);
    const metadata = (await response.json()) as { issuer: string; jwks_uri: string };
    if (metadata.issuer !== issuer) throw new Error(`the metadata of ${issuer} speaks of ${metadata.issuer}`);
    return new TokenGate(audience, issuer, createRemoteJWKSet(new URL(metadata.jwks_uri)), writ);
  }

  /** First: is it a live token of our broker, made for us (RFC 9068)? Offline, once the keys are cached. */
  async verify(authorization: string | undefined): Promise<VerifiedToken> {
    const jwt = /^Bearer (\S+)$/i.exec(authorization ?? '')?.[1];
    if (jwt === undefined) throw new Refused(401, 'missing_token', 'This API needs an access token.');
    try {
      const { payload } = await jwtVerify(jwt, this.keys, {
        issuer: this.issuer,
        // A token for another API is not for us, however genuine.
        audience: this.audience,
        // Without these two, some other JWT of the same broker could pass for an access token.
        typ: 'at+jwt',
        algorithms: ['ES256'],
        requiredClaims: ['exp', 'jti', 'authorization_details'],
      });
      return { jwt, permits: payload['authorization_details'] as GrantedCall[] };
    } catch (error) {
      if (isFaultOfKeys(error) || !(error instanceof errors.JOSEError)) throw error;
      throw new Refused(401, 'invalid_token', `The access token is not acceptable: ${error.message}.`);
    }
  }

  /**
   * Second: does the token permit exactly this call? Third: does Writ still stand by it? Returns when the call may be
   * made, once. Call it last before acting, since it spends a use.
   * @param callId this server's own id of the call; repeat it when the answer was lost
   */
  async spend(token: VerifiedToken, call: Call, callId: string): Promise<void> {
    if (!token.permits.some((granted) => covers(granted, call))) {
      const what = [call.action, call.identifier, call.arguments && JSON.stringify(call.arguments)].filter(Boolean);
      throw new Refused(403, 'not_permitted', `The token does not permit ${what.join(' ')}.`);
    }
    // Offline nobody can tell that a use is the second one, or that the grant ended a second ago. Writ counts and knows.
    const { status, body } = await this.writ.json<{ allowed: boolean; code?: string }>('POST', '/v1/tokens/consume', {
      token: token.jwt,
      ...call,
      call_id: callId,
    });
    if (status !== 200) throw new Error(`Writ answered ${status}`);
    if (body.allowed) return;
    const dead = body.code === 'inactive' || body.code === 'used_up';
    throw new Refused(dead ? 401 : 403, body.code ?? 'refused', 'Writ does not stand by this token for this call.');
  }
}

/** No identifier covers any, no arguments cover none. Digests are left to Writ, which compares them too. */
function covers(granted: GrantedCall, call: Call): boolean {
  return (
    granted.type === 'tool_call' &&
    granted.actions.includes(call.action) &&
    (granted.identifier === undefined || granted.identifier === call.identifier) &&
    (granted.arguments_digest !== undefined || isDeepStrictEqual(granted.arguments, call.arguments))
  );
}

/** The broker's keys could not be fetched: no fault of the token. */
function isFaultOfKeys(error: unknown): boolean {
  return (
    error instanceof errors.JWKSTimeout || (error instanceof errors.JOSEError && error.code === 'ERR_JOSE_GENERIC')
  );
}
