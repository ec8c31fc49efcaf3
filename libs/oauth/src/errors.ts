import { LIMITS } from '#domain/limits.js';
import type { Refusal } from '#domain/refusal.js';
import { NO_STORE, REPLAYED, type OAuthAnswer } from './answer.js';

/**
 * Every way an OAuth endpoint can refuse, and how the wire says it: the `error` of RFC 6749 section 5.2, RFC 8628
 * section 3.5, RFC 9396 section 5 or RFC 6749 section 4.1.2.1, its status, and whether the body tells the client how fast it may poll.
 */
const WIRE = {
  invalid_request: { error: 'invalid_request', status: 400 },
  unsupported_media_type: { error: 'invalid_request', status: 415 },
  not_found: { error: 'invalid_request', status: 404 },
  too_large_body: { error: 'invalid_request', status: 413 },
  invalid_client: { error: 'invalid_client', status: 401 },
  unauthorized_client: { error: 'unauthorized_client', status: 400 },
  unsupported_grant_type: { error: 'unsupported_grant_type', status: 400 },
  invalid_grant: { error: 'invalid_grant', status: 400 },
  invalid_authorization_details: { error: 'invalid_authorization_details', status: 400 },
  authorization_pending: { error: 'authorization_pending', status: 400, polled: true },
  slow_down: { error: 'slow_down', status: 400, polled: true },
  access_denied: { error: 'access_denied', status: 400 },
  expired_token: { error: 'expired_token', status: 400 },
  temporarily_unavailable: { error: 'temporarily_unavailable', status: 503 },
  too_many: { error: 'temporarily_unavailable', status: 429 },
  in_progress: { error: 'temporarily_unavailable', status: 409 },
  server_error: { error: 'server_error', status: 500 },
} as const satisfies Record<string, { error: string; status: number; polled?: true }>;

/** A row of the table above. */
export type OAuthErrorCode = keyof typeof WIRE;

/** A refusal of an OAuth endpoint, as a value. `description` is for the client's developer: printable ASCII. */
export interface OAuthError {
  readonly refused: true;
  readonly code: OAuthErrorCode;
  readonly description: string;
  /** Only for a client that used the Authorization header: libraries hide the error behind a challenge. */
  readonly challenge?: boolean;
  readonly retryAfterSeconds?: number;
  /** Further members of the body. */
  readonly members?: Readonly<Record<string, unknown>>;
  /** The same call was answered so before. */
  readonly replayed?: boolean;
  /** What the log may know and the client may not. */
  readonly logged?: string;
}

type More = Partial<Pick<OAuthError, 'challenge' | 'retryAfterSeconds' | 'members' | 'replayed' | 'logged'>>;

const RETRY_AFTER_SECONDS = 1;

/** Makes a refusal. */
export function refuseWith(code: OAuthErrorCode, description: string, more: More = {}): OAuthError {
  return { refused: true, code, description, ...more };
}

/** Text of others in the letters that RFC 6749 section 5.2 allows a description; `?` stands for any other. */
export function plain(text: string): string {
  return text.replaceAll(/[^\x20\x21\x23-\x5b\x5d-\x7e]/gu, '?');
}

/** Asks the client to come back (503 with `Retry-After`). */
export function comeBack(logged: string, retryAfterSeconds = RETRY_AFTER_SECONDS): OAuthError {
  return refuseWith('temporarily_unavailable', 'The broker cannot answer now. Try again.', {
    retryAfterSeconds,
    logged,
  });
}

/** True when a step refused instead of going on. */
export function isOAuthError(value: object): value is OAuthError {
  return 'refused' in value && value.refused === true;
}

/** The one map from a refusal to the wire: `{error, error_description}`, never a problem document, never stored. */
export function errorAnswer(refusal: OAuthError): OAuthAnswer {
  const row: { error: string; status: number; polled?: true } = WIRE[refusal.code];
  return {
    status: row.status,
    headers: {
      ...NO_STORE,
      ...(refusal.challenge === true ? { 'WWW-Authenticate': 'Basic realm="writ"' } : {}),
      ...(refusal.retryAfterSeconds === undefined ? {} : { 'Retry-After': String(refusal.retryAfterSeconds) }),
      ...(refusal.replayed === true ? REPLAYED : {}),
    },
    body: {
      error: row.error,
      error_description: refusal.description,
      ...(row.polled === true ? { interval: LIMITS.pollIntervalSeconds } : {}),
      ...refusal.members,
    },
    ...(refusal.logged === undefined ? {} : { logged: refusal.logged }),
  };
}

/**
 * Says in OAuth's words what was refused outside the steps: by a body parser, or because the store is away. The codes
 * that cannot arise there are `invalid_request` too.
 */
export function fromRefusal(refusal: Refusal): OAuthError {
  switch (refusal.code) {
    case 'unavailable':
      return comeBack(refusal.detail, refusal.retryAfterSeconds);
    case 'not_found':
      return refuseWith('not_found', 'There is nothing here.');
    case 'unsupported_media_type':
      return notAForm();
    case 'too_large_body':
      return refuseWith('too_large_body', `The body is larger than ${LIMITS.bodyBytesMax} bytes.`);
    default:
      return refuseWith('invalid_request', 'The request cannot be read.');
  }
}

/** Says that this is our bug. `incident` finds it in the log. */
export function ourFault(incident: string): OAuthError {
  return refuseWith('server_error', `Incident ${incident}.`);
}

/** The refusal of a body that is no form. */
export function notAForm(): OAuthError {
  return refuseWith('unsupported_media_type', 'Send application/x-www-form-urlencoded.');
}
