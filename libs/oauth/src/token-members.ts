import type { Redeemed } from '#escalations/collect/write-token.js';

/** A token as RFC 6749 section 5.1 and RFC 9396 section 7 answer it, with the grant that it is of. */
export function tokenMembers({ accessToken, expiresInSeconds, claims, grantId }: Redeemed) {
  return {
    access_token: accessToken,
    token_type: 'Bearer',
    expires_in: expiresInSeconds,
    scope: claims['scope'],
    authorization_details: claims['authorization_details'],
    grant_id: grantId,
  };
}
