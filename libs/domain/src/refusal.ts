/**
 * Expected failures are values: a tag and the facts an operator needs. One table in `contracts` maps the tag to the wire,
 * where the public half tells a prober nothing.
 */
export type RefusalCode =
  | 'invalid_request'
  | 'unknown_field'
  | 'invalid_authorization_details'
  | 'unauthenticated'
  | 'forbidden'
  | 'insufficient_user_authentication'
  | 'not_eligible'
  | 'slack_deny_only'
  | 'break_glass_unreviewed'
  | 'csrf'
  | 'not_found'
  | 'already_decided'
  | 'already_ended'
  | 'already_voted'
  | 'already_linked'
  | 'already_nudged'
  | 'hardly_read'
  | 'stale_digest'
  | 'in_progress'
  | 'too_large_body'
  | 'unsupported_media_type'
  | 'too_long'
  | 'too_large'
  | 'out_of_range'
  | 'not_requestable'
  | 'idempotency_mismatch'
  | 'rate_limited'
  | 'too_many_pending'
  | 'unavailable';

/** One fault of an input: a JSON pointer (RFC 6901) to the member and the rule it broke. */
export interface FieldFault {
  readonly pointer: string;
  readonly rule: string;
}

/** A refusal: `code` for the wire table, `detail` for people, `facts` are extra public members of the problem. */
export interface Refusal {
  readonly refused: true;
  readonly code: RefusalCode;
  readonly detail: string;
  readonly errors?: readonly FieldFault[];
  readonly facts?: Readonly<Record<string, unknown>>;
  readonly retryAfterSeconds?: number;
}

/** Makes a refusal value. */
export function refuse(
  code: RefusalCode,
  detail: string,
  more: Partial<Omit<Refusal, 'refused' | 'code' | 'detail'>> = {},
): Refusal {
  return { refused: true, code, detail, ...more };
}

/** True when a use case answered with a refusal instead of its result. */
export function isRefusal(value: unknown): value is Refusal {
  return typeof value === 'object' && value !== null && (value as { refused?: unknown }).refused === true;
}

/** A refusal carried through code that can only throw (a transaction callback, a Nest pipe). */
export class RefusalError extends Error {
  constructor(readonly refusal: Refusal) {
    super(refusal.detail);
    this.name = 'RefusalError';
  }
}

/** Crashes the request, never the broker: an arm that the types say cannot be reached was reached. */
export function invariant(condition: unknown, message: string): asserts condition {
  if (!condition) throw new Error(`invariant broken: ${message}`);
}
