import { WebAPIPlatformError, WebAPIRateLimitedError } from '@slack/web-api';

/**
 * Why a call of the Web API brought nothing. `gone`: repeating the same call will not help. `unavailable`: it may, and
 * after a lost answer it is unknown whether Slack did it (`maybeDone`).
 */
export type SlackFault =
  | { readonly kind: 'rate_limited'; readonly retryAfterSeconds: number }
  | { readonly kind: 'gone'; readonly error: string }
  | { readonly kind: 'unavailable'; readonly error: string; readonly maybeDone: boolean };

/** Errors of the platform that time, or an operator with the right token, can cure. */
const CURABLE: ReadonlySet<string> = new Set([
  'internal_error',
  'fatal_error',
  'service_unavailable',
  'request_timeout',
  'team_added_to_org',
  'invalid_auth',
  'not_authed',
  'account_inactive',
  'token_revoked',
  'token_expired',
  'missing_scope',
  'accesslimited',
]);
/** Errors after which Slack itself says the call may have been carried out. */
const UNSURE: ReadonlySet<string> = new Set(['internal_error', 'fatal_error', 'request_timeout']);

/** Names a thrown error of the Web API client. Anything that is not a plain answer of Slack counts as a lost answer. */
export function slackFault(error: unknown): SlackFault {
  if (error instanceof WebAPIRateLimitedError) return rateLimited(error.retryAfter);
  if (error instanceof WebAPIPlatformError) {
    const code = error.data.error;
    if (code === 'ratelimited' || code === 'rate_limited' || code === 'message_limit_exceeded') return rateLimited(30);
    return CURABLE.has(code)
      ? { kind: 'unavailable', error: code, maybeDone: UNSURE.has(code) }
      : { kind: 'gone', error: code };
  }
  return { kind: 'unavailable', error: error instanceof Error ? error.name : 'unknown', maybeDone: true };
}

function rateLimited(seconds: number): SlackFault {
  return {
    kind: 'rate_limited',
    retryAfterSeconds: Number.isFinite(seconds) ? Math.min(Math.max(seconds, 1), 3_600) : 30,
  };
}
