import type { ChainLink, GrantedAuthority, ToolCall } from '#domain/authority/authorization-details.js';
import { canonicalJson } from '#domain/authority/canonical-json.js';
import type { GrantedCall } from '#domain/authority/coverage.js';
import { sha256Of } from '#domain/authority/digest.js';
import { LIMITS } from '#domain/limits.js';
import type { SigningAlg } from './ports.js';

/** A link of the delegation chain in the form of RFC 8693 section 4.1: the nearest outermost, older ones within. */
export interface Actor {
  readonly iss: string;
  readonly sub: string;
  readonly act?: Actor;
}

/** The claims of an access token (RFC 9068 with the contract's own). Times are integer seconds. */
export interface AccessTokenClaims {
  readonly iss: string;
  readonly aud: string;
  readonly sub: string;
  readonly client_id: string;
  readonly iat: number;
  readonly exp: number;
  readonly jti: string;
  readonly scope: string;
  readonly authorization_details: readonly GrantedCall[];
  readonly txn: string;
  readonly grant_id: string;
  readonly digest: string;
  readonly grant_digest: string;
  readonly max_uses?: number;
  readonly act?: Actor;
  readonly status?: StatusClaim;
}

/** Where the token's bit stands (draft-ietf-oauth-status-list-21 section 6.1). */
export interface StatusClaim {
  readonly status_list: { readonly idx: number; readonly uri: string };
}

/** What a token is made of. `iat` and `exp` are seconds and come from the database clock. */
export interface ClaimsInput {
  readonly issuer: string;
  readonly resource: string;
  /** The bare id; the token's subject is `agent:` + this, so that no agent can be named like a person. */
  readonly agentId: string;
  readonly escalationId: string;
  readonly grantId: string;
  readonly jti: string;
  readonly digest: string;
  readonly grantDigest: string;
  readonly granted: GrantedAuthority;
  readonly iat: number;
  readonly exp: number;
  readonly chain?: readonly ChainLink[];
  readonly status?: { readonly list: number; readonly idx: number };
}

/** The whole signed text: header fields of common proxies and servers hold about 8 KiB. */
export const TOKEN_BYTES_MAX = 6 * 1024;

const KID_LENGTH = 43;
const SIGNATURE_BYTES: Record<SigningAlg, number> = { ES256: 64, RS256: 256 };

/**
 * Builds the claims. Arguments above 1 KiB are carried as their digest; if the token is then still above 6 KiB, the
 * largest arguments left follow them until it fits or none is left. The same input always gives the same claims.
 */
export function buildClaims(input: ClaimsInput, alg: SigningAlg = 'ES256'): AccessTokenClaims {
  const { granted, chain = [] } = input;
  const act = actorOf(chain);
  const build = (details: readonly GrantedCall[]): AccessTokenClaims => ({
    iss: input.issuer,
    aud: input.resource,
    sub: `agent:${input.agentId}`,
    client_id: input.agentId,
    iat: input.iat,
    exp: input.exp,
    jti: input.jti,
    scope: scopeOf(details),
    authorization_details: details,
    txn: input.escalationId,
    grant_id: input.grantId,
    digest: input.digest,
    grant_digest: input.grantDigest,
    ...(granted.max_uses === null ? {} : { max_uses: granted.max_uses }),
    ...(act === undefined ? {} : { act }),
    ...(input.status === undefined ? {} : { status: statusClaim(input.issuer, input.status) }),
  });
  let details: GrantedCall[] = granted.authorization_details.map((element) =>
    argumentsBytes(element) > LIMITS.tokenArgumentsBytesMax ? withDigest(element) : element,
  );
  while (tokenBytes(build(details), alg) > TOKEN_BYTES_MAX) {
    const largest = details.reduce((a, b) => (argumentsBytes(b) > argumentsBytes(a) ? b : a));
    if (largest.arguments === undefined) break;
    details = details.map((element) => (element === largest ? withDigest(element) : element));
  }
  return build(details);
}

/** The URI of a status list, which is also its token's subject. */
export function statusListUri(issuer: string, list: number): string {
  return `${issuer}/status/${list}`;
}

function statusClaim(issuer: string, { list, idx }: { list: number; idx: number }): StatusClaim {
  return { status_list: { idx, uri: statusListUri(issuer, list) } };
}

/** The place that a token's claims name, in the form in which they are built; nothing where they name none. */
export function statusOf({ status }: AccessTokenClaims): Pick<ClaimsInput, 'status'> {
  if (status === undefined) return {};
  const { idx, uri } = status.status_list;
  return { status: { list: Number(uri.slice(uri.lastIndexOf('/') + 1)), idx } };
}

/** The last word on time; both in seconds. */
export interface TimeBounds {
  readonly grantExpiresAt: number;
  readonly maxTokenTtl: number;
}

/**
 * Cuts `exp` to the grant's end and to the resource's longest token life, counted from `iat`; never later than built,
 * never before `iat` + 1, since a token that ends as it starts is refused as malformed by verifiers.
 */
export function clampTimes(claims: AccessTokenClaims, bounds: TimeBounds): AccessTokenClaims {
  const latest = Math.min(claims.exp, Math.floor(bounds.grantExpiresAt), claims.iat + Math.floor(bounds.maxTokenTtl));
  return { ...claims, exp: Math.max(claims.iat + 1, latest) };
}

/** The length in bytes of the signed token that these claims make. */
export function tokenBytes(claims: AccessTokenClaims, alg: SigningAlg): number {
  const header = JSON.stringify({ alg, typ: 'at+jwt', kid: '-'.repeat(KID_LENGTH) });
  const payload = Buffer.byteLength(JSON.stringify(claims), 'utf8');
  return base64UrlLength(header.length) + base64UrlLength(payload) + base64UrlLength(SIGNATURE_BYTES[alg]) + 2;
}

/** Distinct actions, sorted by code unit, joined by one space: the token's `scope`. */
export function scopeOf(details: readonly ToolCall[]): string {
  return [...new Set(details.flatMap((element) => element.actions))].sort().join(' ');
}

/** UTF-8 bytes of the element's arguments in canonical form; 0 when it has none. */
export function argumentsBytes(element: ToolCall): number {
  return element.arguments === undefined ? 0 : Buffer.byteLength(canonicalJson(element.arguments), 'utf8');
}

function withDigest({ arguments: args, ...element }: GrantedCall): GrantedCall {
  return { ...element, arguments_digest: sha256Of(args) };
}

function actorOf(chain: readonly ChainLink[]): Actor | undefined {
  return chain.reduceRight<Actor | undefined>(
    (inner, { iss, sub }) => (inner === undefined ? { iss, sub } : { iss, sub, act: inner }),
    undefined,
  );
}

function base64UrlLength(bytes: number): number {
  return Math.ceil((bytes * 4) / 3);
}
