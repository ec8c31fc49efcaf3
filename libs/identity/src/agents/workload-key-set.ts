import { createPublicKey, type JsonWebKey } from 'node:crypto';
import { LIMITS } from '#domain/limits.js';
import { strictJsonObject } from '#domain/strict-json.js';
import type { RegisteredKeys } from './jws-signature.js';
import { WORKLOAD_ALGORITHMS } from './workload-token.js';

/** What is kept of a published key; `use` goes, because a SPIFFE bundle calls it `jwt-svid`. */
const KEPT_MEMBERS = ['kty', 'crv', 'x', 'y', 'n', 'e', 'kid', 'alg'] as const;
const USES: readonly unknown[] = [undefined, 'sig', 'jwt-svid'];
const CURVES: readonly unknown[] = ['P-256', 'P-384'];
const RSA_BITS_MIN = 2_048;
/** A larger modulus only makes each verification dearer. */
const RSA_BITS_MAX = 8_192;

/**
 * Reads a published JWK set (RFC 7517 section 5). Keys of other kinds and uses are passed over, as the standard asks.
 * @returns the usable keys, or the fault: no strict JSON, no list of keys, more keys than are accepted
 */
export function readKeySet(document: Uint8Array): RegisteredKeys | { readonly fault: string } {
  const keys = strictJsonObject(document)?.['keys'];
  if (!Array.isArray(keys)) return { fault: 'no JWK set' };
  if (keys.length > LIMITS.issuerKeysMax) return { fault: `more than ${LIMITS.issuerKeysMax} keys` };
  return keys.map(usableKey).filter((key) => key !== null);
}

function usableKey(published: unknown): Readonly<Record<string, unknown>> | null {
  if (typeof published !== 'object' || published === null) return null;
  const jwk = published as Record<string, unknown>;
  if (!USES.includes(jwk['use'])) return null;
  if (jwk['alg'] !== undefined && !WORKLOAD_ALGORITHMS.includes(jwk['alg'] as string)) return null;
  if (jwk['kid'] !== undefined && typeof jwk['kid'] !== 'string') return null;
  const kept = Object.fromEntries(KEPT_MEMBERS.filter((name) => name in jwk).map((name) => [name, jwk[name]]));
  return isFitKey(kept) ? kept : null;
}

function isFitKey(jwk: Readonly<Record<string, unknown>>): boolean {
  if (jwk['kty'] !== 'RSA' && !(jwk['kty'] === 'EC' && CURVES.includes(jwk['crv']))) return false;
  try {
    const bits = createPublicKey({ key: jwk as JsonWebKey, format: 'jwk' }).asymmetricKeyDetails?.modulusLength;
    return bits === undefined || (bits >= RSA_BITS_MIN && bits <= RSA_BITS_MAX);
  } catch {
    return false;
  }
}
