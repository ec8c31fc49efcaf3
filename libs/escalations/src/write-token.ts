import type { CatalogResource } from '#domain/catalog.js';
import { LIMITS } from '#domain/limits.js';
import type { Ids, TokenMint, Transaction } from './ports.js';
import type { EscalationRow, GrantRow } from './rows.js';
import { SigningKeyNotMet, type SigningAlg } from './signing-keys.js';

/** A token as the token endpoint answers it. */
export interface Redeemed {
  readonly accessToken: string;
  readonly expiresInSeconds: number;
  readonly claims: Readonly<Record<string, unknown>>;
  readonly grantId: string;
}

/** What the resource says of its tokens. */
export interface TokenTerms {
  readonly maxTokenTtlSeconds: number;
  readonly alg: SigningAlg;
}

export interface TokenToWrite {
  readonly escalation: EscalationRow;
  readonly grant: GrantRow;
  /** Epoch milliseconds, like `grantExpiresAt`. */
  readonly now: number;
  readonly grantExpiresAt: number;
  readonly terms: TokenTerms;
  readonly redeemKey: string | null;
  readonly renewedFrom: string | null;
}

/** A key can be learnt and, by the next attempt, be followed by another: once a compromise, hardly ever twice. */
const KEY_ATTEMPTS_MAX = 4;

/** The terms of a resource; one that has left the catalog keeps the widest. */
export function termsOf(resource: CatalogResource | undefined): TokenTerms {
  return {
    maxTokenTtlSeconds: resource?.maxTokenTtlSeconds ?? LIMITS.requestedTtlSecondsMax,
    alg: resource?.signingAlg ?? 'ES256',
  };
}

/** Runs work that mints, again after learning the key that it lacked. */
export async function withKeysLearnt<T>(mint: TokenMint, alg: SigningAlg, work: () => Promise<T>): Promise<T> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await work();
    } catch (error) {
      if (!(error instanceof SigningKeyNotMet) || attempt === KEY_ATTEMPTS_MAX) throw error;
      await mint.learnKeys(alg);
    }
  }
}

/** Mints a token of a grant that the transaction holds locked, and writes its row. The grant has no other live token. */
export async function writeToken(
  tx: Transaction,
  deps: { readonly ids: Ids; readonly mint: TokenMint },
  token: TokenToWrite,
): Promise<{ jti: string; kid: string; redeemed: Redeemed }> {
  const { escalation, grant, now, terms } = token;
  const kid = await tx.signingKid(terms.alg);
  if (kid === null) throw new SigningKeyNotMet(`there is no key for ${terms.alg} yet`);
  const jti = deps.ids.next('tok');
  const minted = await deps.mint.mint({
    kid,
    jti,
    status: await tx.statuses.take(jti, token.grantExpiresAt),
    grant,
    escalationId: escalation.id,
    chain: escalation.request.chain,
    now,
    grantExpiresAt: token.grantExpiresAt,
    maxTokenTtlSeconds: terms.maxTokenTtlSeconds,
  });
  await tx.insertToken({
    jti,
    grantId: grant.id,
    kid: minted.kid,
    claims: minted.claims,
    mintedAt: now,
    expiresAt: minted.expiresAt,
    redeemKey: token.redeemKey,
    renewedFrom: token.renewedFrom,
  });
  const expiresInSeconds = Math.max(1, Math.round((minted.expiresAt - Math.floor(now / 1000) * 1000) / 1000));
  return {
    jti,
    kid: minted.kid,
    redeemed: { accessToken: minted.jwt, expiresInSeconds, claims: minted.claims, grantId: grant.id },
  };
}

/**
 * The stored token once more, when this is the call whose answer was lost: the same key within 60 s of its minting.
 * The same claims are signed again, so nobody holds more than before.
 */
export async function signedAgain(
  tx: Transaction,
  mint: TokenMint,
  lost: { readonly grantId: string; readonly redeemKey: string | null; readonly renewedFrom: string | null },
  now: number,
): Promise<Redeemed | null> {
  const token = await tx.liveToken(lost.grantId);
  if (token === null || lost.redeemKey === null || token.redeemKey !== lost.redeemKey) return null;
  if (token.renewedFrom !== lost.renewedFrom) return null;
  if (now - token.mintedAt > LIMITS.redeemReplaySeconds * 1000 || now >= token.expiresAt) return null;
  return {
    accessToken: await mint.resign(token.kid, token.claims),
    expiresInSeconds: Math.max(1, Math.floor((token.expiresAt - now) / 1000)),
    claims: token.claims,
    grantId: lost.grantId,
  };
}
