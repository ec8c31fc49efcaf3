import { compactVerify, createLocalJWKSet, errors } from 'jose';
import { CONFIGURED_ID, LIMITS, VISIBLE_ASCII } from '#domain/limits.js';
import { openCompactJws } from '#tokens/compact-jws.js';
import type { UntypedObject } from '#tokens/strict-json-object.js';
import { fail, isFailure, type AuthenticationFailure } from './authentication-failure.js';

/** Registered public keys, as `writ.yaml` gave them. */
export type RegisteredKeys = readonly Readonly<Record<string, unknown>>[];

/** An assertion that holds. Its single use is not noted yet: see `AssertionLedger`. `exp` is in seconds. */
export interface VerifiedAssertion {
  readonly clientId: string;
  readonly jti: string;
  readonly exp: number;
}

export interface AssertionContext {
  /** The one audience that is accepted. */
  readonly issuer: string;
  readonly nowSeconds: number;
  /** The keys registered for this id, or `null`. Asked before anything is verified: must not tell what it found. */
  findKeys(id: string): Promise<RegisteredKeys | null>;
}

/** Asymmetric only: with a symmetric one on the list, a public key would do as a secret. RFC 9864 renamed the fifth. */
const ALGORITHMS = ['ES256', 'ES384', 'RS256', 'PS256', 'EdDSA', 'Ed25519'];
/** Nothing in a header may bring a key, name a place to fetch one, or change how the rest is read. */
const REFUSED_HEADER_MEMBERS = ['jwk', 'jku', 'x5u', 'x5c', 'crit', 'b64'];
/** RFC 7523bis names the second; the libraries in use send the first or nothing. */
const TYPES = ['jwt', 'client-authentication+jwt'];
const JTI_LENGTH_MAX = 256;

/**
 * Verifies a client assertion (RFC 7523 section 3 with the audience rule of its successor): `iss` = `sub` = a registered
 * id, `aud` = the issuer alone, life of at most 120 seconds, signed by a registered key of the fitting kind.
 * No leeway for `exp`; 30 seconds for `iat` and `nbf`.
 */
export async function verifyAssertion(
  token: string,
  context: AssertionContext,
): Promise<VerifiedAssertion | AuthenticationFailure> {
  const jws = openCompactJws(token);
  if ('fault' in jws) return refused(jws.fault);
  const headerFault = faultOfHeader(jws.header);
  if (headerFault !== null) return refused(headerFault);
  const claims = readClaims(jws.payload, context);
  if (isFailure(claims)) return claims;
  const keys = await context.findKeys(claims.clientId);
  if (keys === null) return refused('no keys are registered for this id');
  if (!(await signatureHolds(token, keys))) return refused('no registered key fits the signature');
  return claims;
}

function faultOfHeader(header: UntypedObject): string | null {
  const { alg, typ } = header;
  if (typeof alg !== 'string' || !ALGORITHMS.includes(alg)) return 'an algorithm that is not accepted';
  const member = REFUSED_HEADER_MEMBERS.find((name) => Object.hasOwn(header, name));
  if (member !== undefined) return `header member ${member}`;
  if (header['kid'] !== undefined && typeof header['kid'] !== 'string') return 'a kid that is no string';
  if (typ === undefined) return null;
  // RFC 7515 section 4.1.9: a media type, compared without case, `application/` may be left out.
  const type = typeof typ === 'string' ? typ.toLowerCase().replace(/^application\//, '') : '';
  return TYPES.includes(type) ? null : 'a typ that is no client assertion';
}

function readClaims(payload: UntypedObject, context: AssertionContext): VerifiedAssertion | AuthenticationFailure {
  const { iss, sub, aud, jti, exp, iat, nbf } = payload;
  if (typeof sub !== 'string' || !CONFIGURED_ID.test(sub)) return refused('sub is no id');
  if (iss !== sub) return refused('iss is not sub');
  if (!isSoleAudience(aud, context.issuer)) return refused('aud is not the issuer alone');
  if (typeof jti !== 'string' || jti.length > JTI_LENGTH_MAX || !VISIBLE_ASCII.test(jti)) return refused('no fit jti');
  if (!isSeconds(exp) || !isSeconds(iat)) return refused('exp or iat is missing or no integer');
  if (nbf !== undefined && !isSeconds(nbf)) return refused('nbf is no integer');
  const fault = faultOfTimes({ exp, iat, nbf: nbf ?? iat }, context.nowSeconds);
  return fault === null ? { clientId: sub, jti, exp } : refused(fault);
}

function faultOfTimes(times: { exp: number; iat: number; nbf: number }, nowSeconds: number): string | null {
  const { exp, iat, nbf } = times;
  if (exp <= nowSeconds) return 'expired';
  if (exp <= iat) return 'ends before it was issued';
  if (exp - iat > LIMITS.assertionLifeSecondsMax) return 'lives longer than 120 seconds';
  if (iat > nowSeconds + LIMITS.clockSkewSeconds) return 'issued in the future';
  if (nbf > nowSeconds + LIMITS.clockSkewSeconds) return 'not valid yet';
  return null;
}

function isSoleAudience(aud: unknown, issuer: string): boolean {
  return Array.isArray(aud) ? aud.length === 1 && aud[0] === issuer : aud === issuer;
}

function isSeconds(value: unknown): value is number {
  return Number.isSafeInteger(value);
}

async function signatureHolds(token: string, keys: RegisteredKeys): Promise<boolean> {
  try {
    await compactVerify(token, keySetOf(keys), { algorithms: ALGORITHMS });
    return true;
  } catch (error) {
    if (error instanceof errors.JWKSMultipleMatchingKeys) return anyVerifies(token, error);
    return false;
  }
}

/** Several keys fit by kind and the header named none: one of them must have signed. */
async function anyVerifies(token: string, candidates: errors.JWKSMultipleMatchingKeys): Promise<boolean> {
  for await (const key of candidates) {
    try {
      await compactVerify(token, key, { algorithms: ALGORITHMS });
      return true;
    } catch {
      continue;
    }
  }
  return false;
}

type KeySet = ReturnType<typeof createLocalJWKSet>;
/** Importing a key costs more than using it; sets live as long as the registration that holds their keys. */
const keySets = new WeakMap<RegisteredKeys, KeySet>();

function keySetOf(keys: RegisteredKeys): KeySet {
  const known = keySets.get(keys);
  if (known !== undefined) return known;
  const made = createLocalJWKSet({ keys: keys.map((key) => ({ ...key })) });
  keySets.set(keys, made);
  return made;
}

function refused(detail: string): AuthenticationFailure {
  return fail('invalid_client', `assertion: ${detail}`);
}
