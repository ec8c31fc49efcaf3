import { CONFIGURED_ID, LIMITS, VISIBLE_ASCII } from '#domain/limits.js';
import { openCompactJws } from '#tokens/compact-jws.js';
import type { UntypedObject } from '#domain/json.js';
import {
  fail,
  isFailure,
  type AuthenticationFailure,
  type Fault,
  type RefusalReason,
} from './authentication-failure.js';
import { faultOfTimes, isNumericDate, isSoleAudience, mediaTypeOf, refusedHeaderMember } from './foreign-token.js';
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
export const ASSERTION_ALGORITHMS = ['ES256', 'ES384', 'RS256', 'PS256', 'EdDSA', 'Ed25519'];
/** RFC 7523bis names the second; the libraries in use send the first or nothing. */
const TYPES = ['jwt', 'client-authentication+jwt'];
const JTI_LENGTH_MAX = 256;

/**
 * Verifies a client assertion (RFC 7523 section 3 with the audience rule of its successor): `iss` = `sub` = a registered
 * id, `aud` = the issuer alone, life of at most 120 seconds, signed by a registered key of the fitting kind.
 * No leeway for `exp`; 30 seconds for `iat` and `nbf`.
 * @param jws the same, where it was taken apart already
 */
export async function verifyAssertion(
  token: string,
  context: AssertionContext,
  jws: ReturnType<typeof openCompactJws> = openCompactJws(token),
): Promise<VerifiedAssertion | AuthenticationFailure> {
  if ('fault' in jws) return refused('unreadable_token', jws.fault);
  const headerFault = faultOfHeader(jws.header);
  if (headerFault !== null) return refused('token_header', headerFault);
  const claims = readClaims(jws.payload, context);
  if (isFailure(claims)) return claims;
  const keys = await context.findKeys(claims.clientId);
  if (keys === null) return refused('not_registered', 'no keys are registered for this id');
  if (!(await signatureHolds(token, keys, ASSERTION_ALGORITHMS)))
    return refused('signature', 'no registered key fits the signature');
  return claims;
}

/** What is wrong with the header of a client assertion, or `null`. */
export function faultOfHeader(header: UntypedObject): string | null {
  const { alg, typ } = header;
  if (typeof alg !== 'string' || !ASSERTION_ALGORITHMS.includes(alg)) return 'an algorithm that is not accepted';
  const member = refusedHeaderMember(header);
  if (member !== undefined) return `header member ${member}`;
  if (header['kid'] !== undefined && typeof header['kid'] !== 'string') return 'a kid that is no string';
  if (typ === undefined) return null;
  return TYPES.includes(mediaTypeOf(typ)) ? null : 'a typ that is no client assertion';
}

function readClaims(payload: UntypedObject, context: AssertionContext): VerifiedAssertion | AuthenticationFailure {
  const { sub, jti, exp, iat, nbf } = payload;
  const fault = faultOfNames(payload, context.issuer);
  if (fault !== null) return refused(fault.reason, fault.detail);
  if (!isNumericDate(exp) || !isNumericDate(iat)) return refused('token_claims', 'exp or iat is missing or no number');
  if (nbf !== undefined && !isNumericDate(nbf)) return refused('token_claims', 'nbf is no number');
  const late = faultOfTimes({ exp, from: iat, nbf: nbf ?? iat }, context.nowSeconds, LIMITS.assertionLifeSecondsMax);
  if (late !== null) return refused(late.reason, late.detail);
  return { clientId: sub as string, jti: jti as string, exp };
}

/** What is wrong with who an assertion is from and for, or `null`. @param issuer the one audience */
export function faultOfNames({ iss, sub, aud, jti }: UntypedObject, issuer: string): Fault | null {
  const fault = (reason: RefusalReason, detail: string): Fault => ({ reason, detail });
  if (typeof sub !== 'string' || !CONFIGURED_ID.test(sub)) return fault('token_claims', 'sub is no id');
  if (iss !== sub) return fault('token_claims', 'iss is not sub');
  if (!isSoleAudience(aud, issuer)) return fault('audience', 'aud is not the issuer alone');
  const fit = typeof jti === 'string' && jti.length <= JTI_LENGTH_MAX && VISIBLE_ASCII.test(jti);
  return fit ? null : fault('token_claims', 'no fit jti');
}

function refused(reason: RefusalReason, detail: string): AuthenticationFailure {
  return fail('invalid_client', reason, `assertion: ${detail}`);
}
