import { Injectable } from '@nestjs/common';
import type { CatalogResource } from '#domain/catalog.js';
import { LIMITS } from '#domain/limits.js';
import { findMintedToken, type MintedToken } from '../minted-token.js';
import type { Needs } from '../needs.js';
import { Ids, Seals, TokenMint, type Reads, type Transaction } from '../ports.js';
import type { EscalationRow } from '../rows/escalation.js';
import type { GrantRow } from '../rows/grant.js';
import type { TokenRow } from '../rows/token.js';
import { chainSound, requestSound } from '../sealed-content.js';
import { sealedTerms } from '../sealed-terms.js';
import { SigningKeyNotMet, type SigningAlg } from '../keys/signing-keys.js';
import { endWithinSeal } from '../state-now.js';

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

/** The terms of a token of this decision: the shorter life of what the catalog said then and says now. */
export function termsOf(resource: CatalogResource, { policy }: Pick<EscalationRow, 'policy'>): TokenTerms {
  return {
    maxTokenTtlSeconds: Math.min(resource.maxTokenTtlSeconds, sealedTerms(policy).maxTokenTtlSeconds ?? Infinity),
    alg: resource.signingAlg,
  };
}

/** A call whose answer may have been lost, and the authority behind it. */
export interface LostAnswer {
  readonly escalation: EscalationRow;
  readonly grant: GrantRow;
  readonly terms: TokenTerms;
  readonly redeemKey: string | null;
  readonly renewedFrom: string | null;
}

/** Tokens of grants: found by the JWT that they are, written, and signed once more for an answer that was lost. */
@Injectable()
export class GrantTokens {
  constructor(
    private readonly ids: Ids,
    private readonly mint: TokenMint,
    private readonly seals: Seals,
  ) {}

  /** The token that this JWT is, or `null`. */
  find(read: Pick<Reads, 'tokens'>, jwt: string): Promise<MintedToken | null> {
    return findMintedToken(this.mint, read, jwt);
  }

  /** Runs work that mints, again after learning the key that it lacked. @param alg `null`: it mints nothing */
  async withKeysLearnt<T>(alg: SigningAlg | null, work: () => Promise<T>): Promise<T> {
    for (let attempt = 1; ; attempt += 1) {
      try {
        return await work();
      } catch (error) {
        if (!(error instanceof SigningKeyNotMet) || alg === null || attempt === KEY_ATTEMPTS_MAX) throw error;
        await this.mint.learnKeys(alg);
      }
    }
  }

  /** What minting locks and reads. @param alg `null`: it mints nothing */
  signingNeeds(alg: SigningAlg | null): Pick<Needs, 'signs'> {
    return alg === null ? {} : { signs: { alg, unreadable: this.mint.unreadableKids() } };
  }

  /** Mints a token of a grant that the transaction holds locked, and writes its row. The grant has no other live token. */
  async write(
    tx: Pick<Transaction, 'keys' | 'statusPlaces' | 'tokens'>,
    token: TokenToWrite,
  ): Promise<{ jti: string; kid: string; redeemed: Redeemed }> {
    const { escalation, grant, now, terms } = token;
    const kid = await tx.keys.signing(terms.alg, this.mint.unreadableKids());
    if (kid === null) throw new SigningKeyNotMet(`there is no key for ${terms.alg} yet`);
    const jti = this.ids.next('tok');
    const minted = await this.mint.mint({
      kid,
      jti,
      status: await tx.statusPlaces.take(jti, token.grantExpiresAt),
      grant,
      escalationId: escalation.id,
      chain: escalation.request.chain,
      now,
      grantExpiresAt: token.grantExpiresAt,
      maxTokenTtlSeconds: terms.maxTokenTtlSeconds,
    });
    await tx.tokens.insert({
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
   * The same claims are signed again, so nobody holds more than before: stored claims carry no seal, so they count only
   * where they are what the sealed grant gives.
   */
  async signedAgain(tx: Pick<Transaction, 'tokens'>, lost: LostAnswer, now: number): Promise<Redeemed | null> {
    const { escalation, grant } = lost;
    const token = await tx.tokens.liveOf(grant.id);
    if (token === null || lost.redeemKey === null || token.redeemKey !== lost.redeemKey) return null;
    if (token.renewedFrom !== lost.renewedFrom) return null;
    if (now - token.mintedAt > LIMITS.redeemReplaySeconds * 1000 || now >= token.expiresAt) return null;
    if (!claimsWithin(token, lost, now) || !chainSound(this.seals, grant) || !requestSound(escalation)) return null;
    const authority = { grant, escalationId: escalation.id, chain: escalation.request.chain };
    const accessToken = await this.mint.resign(token.kid, token.claims, authority);
    if (accessToken === null) return null;
    return {
      accessToken,
      expiresInSeconds: Math.max(1, Math.floor((token.expiresAt - now) / 1000)),
      claims: token.claims,
      grantId: grant.id,
    };
  }
}

/** True when the stored claims are of this token and of this request, and their times within what was granted; a token lives a second at least. */
function claimsWithin({ jti, claims }: TokenRow, { escalation, grant, terms }: LostAnswer, now: number): boolean {
  const [iat, exp] = [claims['iat'], claims['exp']];
  if (!Number.isInteger(iat) || !Number.isInteger(exp)) return false;
  const timely = Number(iat) * 1000 <= now && Number(exp) * 1000 <= endWithinSeal(grant, now) + 1000;
  const short = Number(exp) - Number(iat) <= terms.maxTokenTtlSeconds;
  return (
    timely &&
    short &&
    claims['jti'] === jti &&
    grant.digest === escalation.digest &&
    grant.agentId === escalation.agentId
  );
}
