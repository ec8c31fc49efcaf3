import type { AccessTokenClaims } from './claims.js';
import { openCompactJws } from './compact-jws.js';
import { isCanonicalSignature, signatureHolds, signCompact } from './signature.js';
import type { SigningKey, VerificationKey } from './signing-key.js';
import type { UntypedObject } from '#domain/json.js';

/** RFC 9068 section 2.1: keeps assertions, checkpoints and status lists from being taken for access tokens. */
const TYP = 'at+jwt';
const HEADER_MEMBERS = ['alg', 'kid', 'typ'];

/** The part of a key ring that reading needs. */
export interface VerificationKeys {
  verifyKeyByKid(kid: unknown): Promise<VerificationKey | null>;
}

/** Signs claims as an access token (compact JWS). Checks nothing: `mintAccessToken` does. */
export function signAccessToken(claims: AccessTokenClaims, key: SigningKey): string {
  return signCompact(`${encode({ alg: key.alg, typ: TYP, kid: key.kid })}.${encode(claims)}`, key);
}

/**
 * Reads a token that this broker signed. The header must hold exactly `alg`, `typ` and `kid`, so no key, URL or
 * critical extension of a stranger is ever looked at; the algorithm must be the one of the key that the ring knows.
 * @param options.at seconds; when given, a token is refused from its `exp` on
 * @returns the claims, or `null` without saying why
 */
export async function readAccessToken(
  token: unknown,
  keys: VerificationKeys,
  issuer: string,
  options: { readonly at?: number } = {},
): Promise<AccessTokenClaims | null> {
  const jws = openCompactJws(token);
  if ('fault' in jws) return null;
  const { header, payload, signingInput, signature } = jws;
  if (Object.keys(header).sort().join() !== HEADER_MEMBERS.join() || header['typ'] !== TYP) return null;
  const key = await keys.verifyKeyByKid(header['kid']);
  if (key === null || header['alg'] !== key.alg) return null;
  if (!signatureHolds(signingInput, signature, key)) return null;
  if (!isAccessTokenClaims(payload) || payload.iss !== issuer) return null;
  if (options.at !== undefined && options.at >= payload.exp) return null;
  return payload;
}

/** Which key a token that was read names, and whether it is the text that this broker gave out and not its twin. */
export function textOf(token: string): { readonly kid: string; readonly canonical: boolean } {
  const jws = openCompactJws(token);
  if ('fault' in jws) return { kid: '', canonical: false };
  const { header, signature } = jws;
  const canonical = isCanonicalSignature(header['alg'] === 'ES256' ? 'ES256' : 'RS256', signature);
  return { kid: String(header['kid']), canonical };
}

/** Another document under the same key must not pass for claims: every claim is there and of its type. */
function isAccessTokenClaims(payload: UntypedObject): payload is UntypedObject & AccessTokenClaims {
  const texts = ['iss', 'aud', 'sub', 'client_id', 'jti', 'scope', 'txn', 'grant_id', 'digest', 'grant_digest'];
  const maxUses = payload['max_uses'];
  return (
    texts.every((name) => typeof payload[name] === 'string') &&
    Number.isSafeInteger(payload['iat']) &&
    Number.isSafeInteger(payload['exp']) &&
    Array.isArray(payload['authorization_details']) &&
    (maxUses === undefined || Number.isSafeInteger(maxUses))
  );
}

function encode(value: unknown): string {
  return Buffer.from(JSON.stringify(value), 'utf8').toString('base64url');
}
