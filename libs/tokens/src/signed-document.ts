import { deflateSync } from 'node:zlib';
import { sha256Of } from '#domain/authority/digest.js';
import { LIMITS } from '#domain/limits.js';
import { statusListUri } from './claims.js';
import { signCompact } from './signature.js';
import type { SigningKey } from './signing-key.js';

/**
 * Signs a document of ours that is no access token (compact JWS). The `typ` keeps one kind from being taken for another
 * (RFC 8725 section 3.11).
 */
export function signDocument(typ: string, payload: object, key: SigningKey): string {
  return signCompact(`${encode({ alg: key.alg, typ, kid: key.kid })}.${encode(payload)}`, key);
}

/**
 * A Status List Token (draft-ietf-oauth-status-list-21 section 5.1): one bit a token, 1 = invalid.
 * @param list its number, at which it is found
 * @param nowMs epoch milliseconds of the database clock
 */
export function statusListToken(
  issuer: string,
  list: number,
  bits: Uint8Array,
  nowMs: number,
  key: SigningKey,
): string {
  const iat = Math.floor(nowMs / 1000);
  const payload = {
    iss: issuer,
    sub: statusListUri(issuer, list),
    iat,
    exp: iat + LIMITS.statusListLifeSeconds,
    ttl: LIMITS.statusListTtlSeconds,
    status_list: { bits: 1, lst: deflateSync(bits, { level: 9 }).toString('base64url') },
  };
  return signDocument('statuslist+jwt', payload, key);
}

/** What a verifier keeps to prove what it was told, and when: the signature covers cursor and items. */
export function revocationsToken(
  issuer: string,
  audience: string,
  page: { readonly cursor: string; readonly items: readonly object[] },
  nowMs: number,
  key: SigningKey,
): string {
  const payload = {
    iss: issuer,
    aud: audience,
    iat: Math.floor(nowMs / 1000),
    cursor: page.cursor,
    items_digest: sha256Of(page.items),
  };
  return signDocument('writ-revocations+jwt', payload, key);
}

function encode(value: object): string {
  return Buffer.from(JSON.stringify(value), 'utf8').toString('base64url');
}
