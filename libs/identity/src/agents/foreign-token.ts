import { LIMITS } from '#domain/limits.js';
import type { UntypedObject } from '#domain/json.js';
import type { Fault } from './authentication-failure.js';

/** Nothing in a header may bring a key, name a place to fetch one, or change how the rest is read. */
const REFUSED_HEADER_MEMBERS = ['jwk', 'jku', 'x5u', 'x5c', 'crit', 'b64'];

/** The first header member that no token of a stranger may have, or `undefined`. */
export function refusedHeaderMember(header: UntypedObject): string | undefined {
  return REFUSED_HEADER_MEMBERS.find((name) => Object.hasOwn(header, name));
}

/** A `typ` as RFC 7515 section 4.1.9 compares it: without case, without `application/`; '' for what is no text. */
export function mediaTypeOf(typ: unknown): string {
  return typeof typ === 'string' ? typ.toLowerCase().replace(/^application\//, '') : '';
}

/** True when `aud` names `audience` and nobody else, as text or as a list of one. */
export function isSoleAudience(aud: unknown, audience: string): boolean {
  return Array.isArray(aud) ? aud.length === 1 && aud[0] === audience : aud === audience;
}

/** True for a NumericDate (RFC 7519 section 2): seconds since the epoch, which may have a fraction. */
export function isNumericDate(value: unknown): value is number {
  return typeof value === 'number' && Math.abs(value) <= Number.MAX_SAFE_INTEGER;
}

/** The times of a token, as claimed; `from` is where its life is counted from. */
export interface TokenTimes {
  readonly exp: number;
  readonly from: number;
  readonly nbf: number;
}

/** What is wrong with the times of a stranger's token; no leeway at its end, 30 seconds at its beginning. */
export function faultOfTimes({ exp, from, nbf }: TokenTimes, nowSeconds: number, lifeMax: number): Fault | null {
  if (exp <= nowSeconds) return { reason: 'expired', detail: `expired (exp is ${ago(nowSeconds - exp)})` };
  if (exp <= from) return { reason: 'lifetime', detail: 'ends before it was issued' };
  if (exp - from > lifeMax) return { reason: 'lifetime', detail: `lives longer than ${lifeMax} seconds` };
  const late = nowSeconds + LIMITS.clockSkewSeconds;
  if (from > late)
    return { reason: 'not_yet_valid', detail: `issued in the future (iat is ${Math.ceil(from - nowSeconds)} s ahead)` };
  if (nbf > late)
    return { reason: 'not_yet_valid', detail: `not valid yet (nbf is ${Math.ceil(nbf - nowSeconds)} s ahead)` };
  return null;
}

function ago(seconds: number): string {
  return `${Math.floor(seconds)} s ago`;
}
