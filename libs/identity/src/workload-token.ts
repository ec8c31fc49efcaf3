import { LIMITS } from '#domain/limits.js';
import { openCompactJws } from '#tokens/compact-jws.js';
import type { UntypedObject } from '#tokens/strict-json-object.js';
import { isSeconds, mediaTypeOf, refusedHeaderMember } from './foreign-token.js';

/** What issuers of workload tokens sign with. No EdDSA: JWT-SVIDs may not use it, and no CI system or cluster does. */
export const WORKLOAD_ALGORITHMS: readonly string[] = ['RS256', 'PS256', 'ES256', 'ES384'];

/**
 * An access token (`at+jwt`) is somebody's authority, never a proof of who carries it. The third is what RFC 7523bis names
 * for client assertions; JWT-SVID section 2.3 leaves it out.
 */
const TYPES = ['jwt', 'jose', 'client-authentication+jwt'];
const SVID_TYPES = ['jwt', 'jose'];

/** A workload token whose form and times hold. Nothing is verified yet: its claims only say whom to ask for keys. */
export interface OpenedWorkloadToken {
  readonly kid: string | null;
  readonly claims: UntypedObject;
  /** Whether its `typ` is one that a JWT-SVID may have. */
  readonly svidTyped: boolean;
}

/**
 * Takes a workload token apart (RFC 7519; JWT-SVID sections 2 to 4). `iss`, `jti`, `iat` and `kid` are not demanded, since
 * a JWT-SVID need not have them; `exp` is.
 * @returns the claims, or the fault: form, algorithm, type, or a life that is over, not begun or longer than an hour
 */
export function openWorkloadToken(token: string, nowSeconds: number): OpenedWorkloadToken | { readonly fault: string } {
  const jws = openCompactJws(token);
  if ('fault' in jws) return jws;
  const { header, payload } = jws;
  const fault = faultOfHeader(header) ?? faultOfTimes(payload, nowSeconds);
  if (fault !== null) return { fault };
  const svidTyped = header['typ'] === undefined || SVID_TYPES.includes(mediaTypeOf(header['typ']));
  return { kid: typeof header['kid'] === 'string' ? header['kid'] : null, claims: payload, svidTyped };
}

function faultOfHeader(header: UntypedObject): string | null {
  const { alg, typ, kid } = header;
  if (typeof alg !== 'string' || !WORKLOAD_ALGORITHMS.includes(alg)) return 'an algorithm that is not accepted';
  const member = refusedHeaderMember(header);
  if (member !== undefined) return `header member ${member}`;
  if (kid !== undefined && typeof kid !== 'string') return 'a kid that is no string';
  return typ === undefined || TYPES.includes(mediaTypeOf(typ)) ? null : 'a typ that is no workload token';
}

/** Without `iat` the life is counted from now: a token of a longer one is accepted in its last hour alone. */
function faultOfTimes(claims: UntypedObject, nowSeconds: number): string | null {
  const { exp, iat, nbf } = claims;
  if (!isSeconds(exp)) return 'exp is missing or no integer';
  if (iat !== undefined && !isSeconds(iat)) return 'iat is no integer';
  if (nbf !== undefined && !isSeconds(nbf)) return 'nbf is no integer';
  if (exp <= nowSeconds) return 'expired';
  const from = iat ?? nowSeconds;
  if (exp <= from) return 'ends before it was issued';
  if (exp - from > LIMITS.workloadTokenLifeSecondsMax) return 'lives longer than an hour';
  if (from > nowSeconds + LIMITS.clockSkewSeconds) return 'issued in the future';
  if (nbf !== undefined && nbf > nowSeconds + LIMITS.clockSkewSeconds) return 'not valid yet';
  return null;
}
