/** Why callers are refused: the label of the metric and the word in the log, so a closed list. */
export const REFUSAL_REASONS = [
  'no_credentials',
  'several_methods',
  'half_assertion',
  'assertion_type',
  'unreadable_header',
  'secret_in_body',
  'unreadable_token',
  'token_header',
  'token_claims',
  'audience',
  'expired',
  'lifetime',
  'not_yet_valid',
  'not_registered',
  'other_method',
  'signature',
  'issuer_keys',
  'used_before',
  'wrong_secret',
  'undecoded_secret',
  'client_id_mismatch',
  'unknown_workload',
  'ambiguous_workload',
  'no_session',
  'busy',
] as const;

export type RefusalReason = (typeof REFUSAL_REASONS)[number];

/** A check that failed: the reason, and what exactly was wrong, in words. */
export interface Fault {
  readonly reason: RefusalReason;
  readonly detail: string;
}

/** Whom a refused caller claims to be, bounded and printable; nothing of it is proved. */
export interface ClaimedIdentity {
  /** The id of an agent or client that a credential names. */
  readonly client?: string;
  /** True when somebody of that id is registered. */
  readonly registered?: boolean;
  /** What a workload token says of itself. */
  readonly issuer?: string;
  readonly subject?: string;
}

/**
 * Why a caller was not authenticated. `error` is for the wire: `invalid_client` and `invalid_request` are RFC 6749
 * section 5.2, `busy` asks to come back (503). `detail` names the failed check and is for the log: telling a prober
 * which check failed would guide the next try.
 */
export interface AuthenticationFailure extends Fault {
  readonly failed: true;
  readonly error: 'invalid_client' | 'invalid_request' | 'busy';
  readonly claimed: ClaimedIdentity;
  /** What the caller may be told: where only the holder of the key gets so far, or the caller is on this machine. */
  readonly told: string | null;
}

type More = Partial<Pick<AuthenticationFailure, 'claimed' | 'told'>>;

/** Makes a failure. */
export function fail(
  error: AuthenticationFailure['error'],
  reason: RefusalReason,
  detail: string,
  more: More = {},
): AuthenticationFailure {
  return { failed: true, error, reason, detail, claimed: {}, told: null, ...more };
}

/** True when a check answered with a failure instead of its result. */
export function isFailure(value: object): value is AuthenticationFailure {
  return 'failed' in value;
}

const CLAIM_LENGTH_MAX = 200;

/** A claim of a stranger as the log may hold it: cut, and without anything that is not printable ASCII; else `undefined`. */
export function inertClaim(claim: unknown): string | undefined {
  if (typeof claim !== 'string') return undefined;
  const cut = claim.length > CLAIM_LENGTH_MAX ? `${claim.slice(0, CLAIM_LENGTH_MAX)}…` : claim;
  return cut.replace(/[^\x20-\x7e…]|\\/g, (odd) => `\\u${odd.charCodeAt(0).toString(16).padStart(4, '0')}`);
}
