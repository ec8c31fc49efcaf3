import { createHash, createHmac, timingSafeEqual } from 'node:crypto';

/** Takes the signing secret, the timestamp (seconds, as written in the header) and the raw body; returns the `x-slack-signature`. */
export function signature(secret: string, timestamp: string, rawBody: string): string {
  return `v0=${createHmac('sha256', secret).update(`v0:${timestamp}:${rawBody}`).digest('hex')}`;
}

/** True when both texts are equal, in a time that does not depend on where they differ. */
export function sameSecret(one: string, other: string): boolean {
  const digest = (text: string): Buffer => createHash('sha256').update(text).digest();
  return timingSafeEqual(digest(one), digest(other));
}
