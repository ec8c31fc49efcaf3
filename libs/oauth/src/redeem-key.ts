import { isRefusal } from '#domain/refusal.js';
import { refuseWith, type OAuthError } from './errors.js';
import type { Received } from './form.js';

export interface WithRedeemKey {
  /** Under which a lost answer may be fetched again; `null` when the client sent none. */
  readonly redeemKey: string | null;
}

/** Takes the `Idempotency-Key` header. A key that cannot be used is refused: without it a lost answer would be lost. */
export function takeRedeemKey<C extends Received>(context: C): (C & WithRedeemKey) | OAuthError {
  const { redeemKey = null } = context.request;
  if (isRefusal(redeemKey)) return refuseWith('invalid_request', redeemKey.detail);
  return { ...context, redeemKey };
}
