/**
 * Why a caller was not authenticated. `error` is for the wire: `invalid_client` and `invalid_request` are RFC 6749
 * section 5.2, `busy` asks to come back (503). `detail` names the failed check and is for the log alone: telling a
 * prober which check failed would guide the next try.
 */
export interface AuthenticationFailure {
  readonly failed: true;
  readonly error: 'invalid_client' | 'invalid_request' | 'busy';
  readonly detail: string;
}

/** Makes a failure. */
export function fail(error: AuthenticationFailure['error'], detail: string): AuthenticationFailure {
  return { failed: true, error, detail };
}

/** True when a check answered with a failure instead of its result. */
export function isFailure(value: object): value is AuthenticationFailure {
  return 'failed' in value;
}
