import type { Refusal, RefusalCode } from '#domain/refusal.js';
import { comeBack, plain, refuseWith, type OAuthError, type OAuthErrorCode } from './errors.js';

/** OAuth's word for what REST refuses by its own; the others are `invalid_request`. */
const WORDS: Partial<Record<RefusalCode, OAuthErrorCode>> = {
  invalid_authorization_details: 'invalid_authorization_details',
  not_requestable: 'invalid_authorization_details',
  break_glass_unreviewed: 'invalid_authorization_details',
  unauthenticated: 'invalid_client',
  forbidden: 'unauthorized_client',
  rate_limited: 'too_many',
  too_many_pending: 'too_many',
  in_progress: 'in_progress',
};
/** So many faults are named. */
const NAMED_MAX = 3;
const IN_AN_ELEMENT = /^\/authorization_details\/\d/;

/**
 * Says in OAuth's words why an ask is refused, with the parameter and the rule that it broke. Whatever is wrong within an
 * element is `invalid_authorization_details` (RFC 9396 section 5), its size included.
 */
export function refusedAsk(refusal: Refusal): OAuthError {
  const { code, detail, errors = [], retryAfterSeconds } = refusal;
  if (code === 'unavailable') return comeBack(detail, retryAfterSeconds);
  const named = errors.slice(0, NAMED_MAX).map(({ pointer, rule }) => `${placeOf(pointer)} ${rule}`);
  const within = errors.length > 0 && errors.every(({ pointer }) => IN_AN_ELEMENT.test(pointer));
  const word = within ? 'invalid_authorization_details' : (WORDS[code] ?? 'invalid_request');
  const description = plain(named.length === 0 ? detail : `${named.join('; ')}.`);
  return refuseWith(word, description, retryAfterSeconds === undefined ? {} : { retryAfterSeconds });
}

/** The pointer as a developer who sent a form reads it: the parameter's name first. */
function placeOf(pointer: string): string {
  return pointer.replace(/^\//, '');
}
