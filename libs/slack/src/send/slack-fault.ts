import { WebAPIPlatformError, WebAPIRateLimitedError } from '@slack/web-api';

/**
 * Why a call of the Web API brought nothing. `gone`: repeating the same call will not help. `unavailable`: it may, and
 * after a lost answer it is unknown whether Slack did it (`maybeDone`). `scope`: what the app lacks, where that is it.
 */
export type SlackFault =
  | { readonly kind: 'rate_limited'; readonly retryAfterSeconds: number }
  | { readonly kind: 'gone'; readonly error: string; readonly scope?: string }
  | { readonly kind: 'unavailable'; readonly error: string; readonly maybeDone: boolean; readonly scope?: string };

/** What Slack refuses the app itself, until an operator mends it. */
export interface Refusal {
  /** Slack's word for it. */
  readonly error: string;
  readonly scope: string | null;
}

/** Errors of the platform that time alone cures. */
const PASSING: ReadonlySet<string> = new Set([
  'internal_error',
  'fatal_error',
  'service_unavailable',
  'request_timeout',
  'team_added_to_org',
]);
/** Errors about the app's token, which an operator can mend at any moment: such a call is tried again soon. */
const TOKEN: ReadonlySet<string> = new Set([
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
/** Errors about one person, message, window or thread: nothing that an operator could mend. */
const OF_ONE = /^(user|users|message|thread|view|hash)_|^(cannot_dm|cant_update|edit_window)|trigger|response_url/;
/** What each call needs, for answers that do not say it. */
const SCOPES: Readonly<Record<string, string>> = {
  'users.info': 'users:read',
  'conversations.info': 'channels:read or groups:read',
  'conversations.open': 'im:write',
  'chat.postMessage': 'chat:write',
  'chat.update': 'chat:write',
  'chat.postEphemeral': 'chat:write',
};

/**
 * Names a thrown error of the Web API client. Anything that is not a plain answer of Slack counts as a lost answer.
 * @param method the call, which says what scope it needs where Slack does not
 */
export function slackFault(error: unknown, method = ''): SlackFault {
  if (error instanceof WebAPIRateLimitedError) return rateLimited(error.retryAfter);
  if (error instanceof WebAPIPlatformError) {
    const code = error.data.error;
    if (code === 'ratelimited' || code === 'rate_limited' || code === 'message_limit_exceeded') return rateLimited(30);
    const scope = code === 'missing_scope' ? scopeOf(error.data, method) : {};
    return PASSING.has(code) || TOKEN.has(code)
      ? { kind: 'unavailable', error: code, maybeDone: UNSURE.has(code), ...scope }
      : { kind: 'gone', error: code };
  }
  return { kind: 'unavailable', error: error instanceof Error ? error.name : 'unknown', maybeDone: true };
}

/** What an operator has to mend before such a call can work; `null` for whatever passes, or is about one person or message. */
export function refusalOf(answer: { readonly kind: string } | SlackFault): Refusal | null {
  if (answer.kind !== 'gone' && answer.kind !== 'unavailable') return null;
  const { kind, error, scope = null } = answer as Exclude<SlackFault, { kind: 'rate_limited' }>;
  const lasts = kind === 'gone' ? !OF_ONE.test(error) : TOKEN.has(error);
  return lasts ? { error, scope } : null;
}

/** What to do about a refusal, in words for an operator. */
export function adviceOn({ error, scope }: Refusal): string {
  if (scope !== null) return `add the scope ${scope} to the app and install it again`;
  if (TOKEN.has(error)) return 'Slack does not take SLACK_BOT_TOKEN: install the app again and set its token';
  if (error === 'not_in_channel') return 'invite the app into the channel: /invite @Writ';
  if (error === 'channel_not_found')
    return 'the id in writ.yaml is wrong, or the channel is private and the app was never invited: /invite @Writ';
  if (error.startsWith('channel_') || error === 'is_archived') return 'give the group another channel in writ.yaml';
  if (/^(invalid_|msg_|no_text|metadata_)/.test(error)) return 'Writ sent what Slack does not take: please report it';
  return "ask whoever runs the workspace: Slack's settings forbid it";
}

function scopeOf(data: object, method: string): { scope?: string } {
  const needed = (data as { needed?: unknown }).needed;
  const scope = typeof needed === 'string' && /^[a-z:,._]{1,100}$/.test(needed) ? needed : SCOPES[method];
  return scope === undefined ? {} : { scope };
}

function rateLimited(seconds: number): SlackFault {
  return {
    kind: 'rate_limited',
    retryAfterSeconds: Number.isFinite(seconds) ? Math.min(Math.max(seconds, 1), 3_600) : 30,
  };
}
