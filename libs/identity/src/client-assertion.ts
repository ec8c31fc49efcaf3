import { CONFIGURED_ID, LIMITS, VISIBLE_ASCII } from '#domain/limits.js';
import { openCompactJws } from '#tokens/compact-jws.js';
import type { UntypedObject } from '#tokens/strict-json-object.js';
import { fail, isFailure, type AuthenticationFailure } from './authentication-failure.js';
import { isSeconds, isSoleAudience, mediaTypeOf, refusedHeaderMember } from './foreign-token.js';
import { signatureHolds, type RegisteredKeys } from './jws-signature.js';

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
  if (!(await signatureHolds(token, keys, ALGORITHMS))) return refused('no registered key fits the signature');
  return claims;
}

function faultOfHeader(header: UntypedObject): string | null {
  const { alg, typ } = header;
  if (typeof alg !== 'string' || !ALGORITHMS.includes(alg)) return 'an algorithm that is not accepted';
  const member = refusedHeaderMember(header);
  if (member !== undefined) return `header member ${member}`;
  if (header['kid'] !== undefined && typeof header['kid'] !== 'string') return 'a kid that is no string';
  if (typ === undefined) return null;
  return TYPES.includes(mediaTypeOf(typ)) ? null : 'a typ that is no client assertion';
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

function refused(detail: string): AuthenticationFailure {
  return fail('invalid_client', `assertion: ${detail}`);
}
