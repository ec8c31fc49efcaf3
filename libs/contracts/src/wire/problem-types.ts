import type { Refusal, RefusalCode } from '#domain/refusal.js';

/** Status and title of each problem (RFC 9457). The type is derived from the code, so that no row can name another's. */
const PROBLEMS = {
  invalid_request: [400, 'The request is not well formed'],
  unknown_field: [400, 'The request has a member that is not known here'],
  invalid_authorization_details: [400, 'The authorization details are not acceptable'],
  unauthenticated: [401, 'Authentication is needed'],
  insufficient_user_authentication: [401, 'A passkey must sign this decision'],
  forbidden: [403, 'This caller may not do this'],
  not_eligible: [403, 'This person may not decide this request'],
  slack_deny_only: [403, 'This cannot be approved in Slack'],
  break_glass_unreviewed: [403, 'An earlier break-glass was not reviewed yet'],
  csrf: [403, 'The request does not come from this site'],
  not_found: [404, 'There is no such thing here'],
  already_decided: [409, 'It was decided before'],
  already_ended: [409, 'It has ended'],
  already_voted: [409, 'This person has voted'],
  already_linked: [409, 'The account belongs to somebody else'],
  already_nudged: [409, 'It was nudged before'],
  hardly_read: [409, 'People hardly read what this rule sends them'],
  stale_digest: [409, 'What was shown is not what is asked'],
  in_progress: [409, 'The first call with this key is under way'],
  too_large_body: [413, 'The body is too large'],
  unsupported_media_type: [415, 'The body has a type that is not served here'],
  too_long: [422, 'A text is too long'],
  too_large: [422, 'A list or a whole is too large'],
  out_of_range: [422, 'A number is out of range'],
  not_requestable: [422, 'This cannot be requested'],
  idempotency_mismatch: [422, 'The key was used for something else'],
  rate_limited: [429, 'Too many calls'],
  too_many_pending: [429, 'Too many requests wait for people'],
  unavailable: [503, 'The broker cannot answer now'],
} as const satisfies Record<RefusalCode, readonly [number, string]>;

export const PROBLEM_CODES = Object.keys(PROBLEMS) as RefusalCode[];

/** A problem document with its status. */
export interface Problem {
  readonly status: number;
  readonly body: Record<string, unknown>;
  readonly retryAfterSeconds: number | null;
}

/** The HTTP status of a code. */
export function statusOf(code: RefusalCode): number {
  return PROBLEMS[code][0];
}

/** The wire form of a refusal: `application/problem+json`, `type` = `urn:writ:problem:<code>`, facts as members. */
export function presentProblem(refusal: Refusal): Problem {
  const { status: override, ...facts } = refusal.facts ?? {};
  const [status, title] = PROBLEMS[refusal.code];
  const http = refusal.code === 'idempotency_mismatch' && typeof override === 'number' ? override : status;
  const fixed = { type: `urn:writ:problem:${refusal.code}`, title, detail: refusal.detail };
  return {
    status: http,
    body: {
      ...fixed,
      ...facts,
      ...fixed,
      // RFC 9457 calls `status` advisory; on these two the contract gives the member to the state of what is over.
      status: refusal.code === 'already_decided' || refusal.code === 'already_ended' ? override : http,
      code: refusal.code,
      ...(refusal.errors === undefined ? {} : { errors: refusal.errors }),
    },
    retryAfterSeconds: refusal.retryAfterSeconds ?? null,
  };
}
