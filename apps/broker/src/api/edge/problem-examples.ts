import type { Refusal, RefusalCode } from '#domain/refusal.js';

/** For each code one refusal as a caller would meet it; the description shows it as the example. */
export const PROBLEM_EXAMPLES: Readonly<Record<RefusalCode, Omit<Refusal, 'refused' | 'code'>>> = {
  invalid_request: {
    detail: 'The body does not have the form that is asked here.',
    errors: [{ pointer: '/task/id', rule: 'is needed' }],
  },
  unknown_field: {
    detail: 'The body has members that are not known here.',
    errors: [{ pointer: '/ttl', rule: 'is not known here' }],
  },
  invalid_authorization_details: {
    detail: 'The authorization details are not acceptable.',
    errors: [{ pointer: '/authorization_details/0/arguments/amount', rule: 'must be an integer' }],
  },
  unauthenticated: { detail: 'Authenticate with a signed assertion or a session.' },
  forbidden: { detail: 'This route is not for this kind of caller.' },
  not_eligible: { detail: 'You may not decide this request.', facts: { why: 'not_in_group' } },
  insufficient_user_authentication: {
    detail: 'Policy asks for your passkey: begin at /v1/escalations/{id}/step-up.',
    facts: { why: 'no_signature' },
  },
  slack_deny_only: { detail: 'Policy lets nobody approve this in Slack.' },
  break_glass_unreviewed: {
    detail: 'The last break-glass of this agent was not reviewed yet.',
    facts: { escalation: 'esc_01KAMZ0000000000000000000A' },
  },
  csrf: { detail: 'Origin is not this broker' },
  not_found: { detail: 'There is no such thing.' },
  already_ended: { detail: 'This grant has ended.', facts: { status: 'expired', end_reason: 'silence' } },
  already_decided: { detail: 'The request was decided before.', facts: { status: 'approved' } },
  already_voted: { detail: 'You voted the other way.' },
  already_nudged: { detail: 'This request was nudged before.' },
  hardly_read: {
    detail: 'No proposal: 31 % of the approvals of this rule took under 10 s.',
    facts: { fast_share: 0.31 },
  },
  already_linked: { detail: 'This Slack account belongs to somebody else.' },
  stale_digest: { detail: 'The digest is not that of this request.' },
  in_progress: { detail: 'The first call with this key is under way.', retryAfterSeconds: 1 },
  too_large_body: { detail: 'The body may hold at most 256 KiB.' },
  unsupported_media_type: { detail: 'Send application/json.' },
  too_long: {
    detail: 'A text of the body is too long.',
    errors: [{ pointer: '/justification', rule: 'must be at most 2000 characters' }],
  },
  too_large: {
    detail: 'A list of the body is too large.',
    errors: [{ pointer: '/evidence', rule: 'must hold at most 10' }],
  },
  out_of_range: {
    detail: 'A number is out of range.',
    errors: [{ pointer: '/requested_ttl', rule: 'must be from 1 to 3600' }],
  },
  not_requestable: { detail: 'The resource or an action cannot be requested.' },
  idempotency_mismatch: { detail: 'The key was used with another body.' },
  rate_limited: { detail: 'Too many calls in this minute.', retryAfterSeconds: 12 },
  too_many_pending: { detail: 'Too many requests wait for people.', retryAfterSeconds: 30 },
  unavailable: { detail: 'The store cannot be reached.', retryAfterSeconds: 1 },
};
