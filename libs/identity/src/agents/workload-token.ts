import { LIMITS } from '#domain/limits.js';
import { openCompactJws } from '#tokens/compact-jws.js';
import type { UntypedObject } from '#domain/json.js';
import type { Fault } from './authentication-failure.js';
import { faultOfTimes, isNumericDate, mediaTypeOf, refusedHeaderMember } from './foreign-token.js';

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
export function openWorkloadToken(token: string, nowSeconds: number): OpenedWorkloadToken | Fault {
  const jws = openCompactJws(token);
  if ('fault' in jws) return { reason: 'unreadable_token', detail: jws.fault };
  const { header, payload } = jws;
  const odd = faultOfHeader(header);
  if (odd !== null) return { reason: 'token_header', detail: odd };
  const fault = faultOfLife(payload, nowSeconds);
  if (fault !== null) return fault;
  const svidTyped = header['typ'] === undefined || SVID_TYPES.includes(mediaTypeOf(header['typ']));
  return { kid: typeof header['kid'] === 'string' ? header['kid'] : null, claims: payload, svidTyped };
}

/** What is wrong with the header of a workload token, or `null`. */
export function faultOfHeader(header: UntypedObject): string | null {
  const { alg, typ, kid } = header;
  if (typeof alg !== 'string' || !WORKLOAD_ALGORITHMS.includes(alg)) return 'an algorithm that is not accepted';
  const member = refusedHeaderMember(header);
  if (member !== undefined) return `header member ${member}`;
  if (kid !== undefined && typeof kid !== 'string') return 'a kid that is no string';
  return typ === undefined || TYPES.includes(mediaTypeOf(typ)) ? null : 'a typ that is no workload token';
}

/** What is wrong with its times. Without `iat` the life is counted from now: a token of a longer one is accepted in its last hour alone. */
export function faultOfLife({ exp, iat, nbf }: UntypedObject, nowSeconds: number): Fault | null {
  const odd = (detail: string): Fault => ({ reason: 'token_claims', detail });
  if (!isNumericDate(exp)) return odd('exp is missing or no number');
  if (iat !== undefined && !isNumericDate(iat)) return odd('iat is no number');
  if (nbf !== undefined && !isNumericDate(nbf)) return odd('nbf is no number');
  const from = iat ?? nowSeconds;
  return faultOfTimes({ exp, from, nbf: nbf ?? from }, nowSeconds, LIMITS.workloadTokenLifeSecondsMax);
}
