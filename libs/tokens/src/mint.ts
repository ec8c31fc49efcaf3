import { LIMITS } from '#domain/limits.js';
import { invariant } from '#domain/refusal.js';
import { validateClaims } from './claim-rules.js';
import { buildClaims, clampTimes, type AccessTokenClaims, type ClaimsInput, type TimeBounds } from './claims.js';
import type { SigningKey } from './signing-key.js';
import { signAccessToken } from './sign.js';

export interface MintedToken {
  readonly token: string;
  readonly claims: AccessTokenClaims;
}

/**
 * Makes an access token: build → validate → clamp → sign. The same input, bounds and key always carry the same claims,
 * so a lost answer can be signed again.
 * @throws Error naming the broken rules; nothing is signed then
 */
export function mintAccessToken(input: ClaimsInput, bounds: TimeBounds, key: SigningKey): MintedToken {
  const built = buildClaims(input, key.alg);
  const broken = validateClaims(built, key.alg);
  invariant(broken.length === 0, `claims of ${input.grantId}: ${broken.join('; ')}`);
  const claims = clampTimes(built, bounds);
  return { token: signAccessToken(claims, key), claims };
}

/** The members of an ask that decide how large its token is. */
export type TokenShape = Pick<ClaimsInput, 'issuer' | 'resource' | 'agentId' | 'granted' | 'chain'>;

/**
 * True when a token for this authority stays within 6 KiB. To be asked when an escalation is created: people must not
 * approve what can never be collected.
 */
export function fitsInToken(shape: TokenShape, alg: SigningKey['alg']): boolean {
  const ulid = '0'.repeat(26);
  const digest = `sha256:${'0'.repeat(64)}`;
  const claims = buildClaims(
    {
      ...shape,
      escalationId: `esc_${ulid}`,
      grantId: `grt_${ulid}`,
      jti: `tok_${ulid}`,
      digest,
      grantDigest: digest,
      iat: 9_999_999_998,
      exp: 9_999_999_999,
      status: { list: 2_147_483_647, idx: LIMITS.statusListBits - 1 },
    },
    alg,
  );
  return validateClaims(claims, alg).length === 0;
}
