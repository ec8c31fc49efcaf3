import type { UntypedObject } from '#tokens/strict-json-object.js';

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

/** True for whole seconds. */
export function isSeconds(value: unknown): value is number {
  return Number.isSafeInteger(value);
}
