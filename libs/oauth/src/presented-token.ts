import { refuseWith, type OAuthError } from './errors.js';
import type { WithForm } from './form.js';

export interface WithToken {
  readonly token: string;
}

/**
 * Reads `token` (RFC 7662 section 2.1, RFC 7009 section 2.1). `token_type_hint` is not read: it may only speed up a
 * search, and there is none.
 */
export function readToken<C extends WithForm>(context: C): (C & WithToken) | OAuthError {
  const token = context.form.get('token');
  return token === undefined ? refuseWith('invalid_request', 'token is missing.') : { ...context, token };
}
