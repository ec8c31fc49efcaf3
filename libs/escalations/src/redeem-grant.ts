import { Injectable } from '@nestjs/common';
import { seat } from '#domain/approval/quorum.js';
import { instant } from '#domain/instant.js';
import { LIMITS } from '#domain/limits.js';
import { Ids, RegistrySource, Seals, TokenMint, UnitOfWork, Reader, type Transaction } from './ports.js';
import type { EscalationRow, GrantRow } from './rows.js';
import { SigningKeyNotMet, type SigningAlg } from './signing-keys.js';
import { grantContent, policyContent, requestSound, voteContent } from './sealed-content.js';
import { escalationStanding, grantStanding } from './standing.js';
import { standingVotes } from './standing-votes.js';

/** OAuth errors of the token endpoint (RFC 6749 section 5.2, RFC 8628 section 3.5). */
export type RedeemError = 'authorization_pending' | 'slow_down' | 'access_denied' | 'expired_token' | 'invalid_grant';

export interface Redeemed {
  readonly accessToken: string;
  readonly expiresInSeconds: number;
  readonly claims: Readonly<Record<string, unknown>>;
  readonly grantId: string;
}

const WRONG_CODE = { error: 'invalid_grant', description: 'The deferral_code is unknown, used or not yours.' } as const;

/** A key can be learnt and, by the next attempt, be followed by another: once a compromise, hardly ever twice. */
const KEY_ATTEMPTS_MAX = 4;

interface Redemption {
  readonly redeemKey: string | null;
  readonly maxTokenTtlSeconds: number;
  readonly alg: SigningAlg;
}

type Failure = { readonly error: RedeemError; readonly description: string };

/** What redeeming needs beside the transaction: where codes are looked up, and who signs. */
@Injectable()
export class RedeemServices {
  constructor(
    readonly reader: Reader,
    readonly mint: TokenMint,
  ) {}
}

/**
 * The only place a token is minted. Takes the deferral code and the authenticated client; the clock of the grant
 * starts here. Eligibility of the people who approved is asked once more, and every MAC must match.
 */
@Injectable()
export class RedeemGrant {
  constructor(
    private readonly registry: RegistrySource,
    private readonly unitOfWork: UnitOfWork,
    private readonly seals: Seals,
    private readonly ids: Ids,
    private readonly services: RedeemServices,
  ) {}

  /** @param redeemKey the Idempotency-Key header, which lets a lost answer be fetched again within 60 s */
  async execute(clientId: string, deferralCode: string, redeemKey: string | null): Promise<Redeemed | Failure> {
    const found = await this.services.reader.escalationByDeferralHash(this.seals.deferralHash(deferralCode));
    if (found === null || found.escalation.agentId !== clientId) return WRONG_CODE;
    const { catalog } = await this.registry.current();
    const resource = catalog.resources.find((candidate) => candidate.id === found.escalation.resource);
    const redemption: Redemption = {
      redeemKey,
      maxTokenTtlSeconds: resource?.maxTokenTtlSeconds ?? LIMITS.requestedTtlSecondsMax,
      alg: resource?.signingAlg ?? 'ES256',
    };
    for (let attempt = 1; ; attempt += 1) {
      try {
        return await this.unitOfWork.run((tx) => this.redeem(tx, found.escalation, redemption));
      } catch (error) {
        if (!(error instanceof SigningKeyNotMet) || attempt === KEY_ATTEMPTS_MAX) throw error;
        await this.services.mint.learnKeys(redemption.alg);
      }
    }
  }

  private async redeem(
    tx: Transaction,
    escalation: EscalationRow,
    redemption: Redemption,
  ): Promise<Redeemed | Failure> {
    const locked = await tx.lockAgent(escalation.agentId);
    if (locked === null || locked.agent.uid !== escalation.agentUid) return WRONG_CODE;
    const held = await tx.lockGrantOf(escalation.id);
    if (held !== null) return this.collect(tx, escalation, held.grant, held.now, redemption);
    return this.notApproved(tx, escalation.id);
  }

  private async notApproved(tx: Transaction, escalationId: string): Promise<Redeemed | Failure> {
    const locked = await tx.lockEscalation(escalationId);
    if (locked === null) return WRONG_CODE;
    const { status } = escalationStanding(locked.escalation, locked.now);
    if (status === 'pending') {
      const tooSoon = await tx.markPoll(escalationId, LIMITS.pollIntervalSeconds);
      return tooSoon
        ? { error: 'slow_down', description: `Poll every ${LIMITS.pollIntervalSeconds} seconds.` }
        : { error: 'authorization_pending', description: 'People are still deciding.' };
    }
    if (status === 'lapsed') return { error: 'expired_token', description: 'Nobody decided in time.' };
    if (status === 'approved')
      return { error: 'authorization_pending', description: 'The decision was made a moment ago.' };
    return {
      error: 'access_denied',
      description: status === 'cancelled' ? 'The request was cancelled.' : 'The request was denied.',
    };
  }

  private async collect(
    tx: Transaction,
    escalation: EscalationRow,
    grant: GrantRow,
    now: number,
    redemption: Redemption,
  ): Promise<Redeemed | Failure> {
    const standing = grantStanding(grant, now);
    if (standing.status === 'active') return this.again(tx, grant, now, redemption.redeemKey);
    if (standing.status === 'expired' && grant.activatedAt === null)
      return { error: 'expired_token', description: 'The grant was not collected in time.' };
    if (standing.status !== 'ready')
      return grant.activatedAt === null ? { error: 'access_denied', description: 'The grant has ended.' } : WRONG_CODE;
    if (!(await this.stillApproved(tx, escalation, grant, now))) return this.withdraw(tx, grant, now);
    return this.mint(tx, escalation, grant, now, redemption);
  }

  /** A lost answer is no lost approval: the same client, code and key within 60 s get the same claims signed again. */
  private async again(
    tx: Transaction,
    grant: GrantRow,
    now: number,
    redeemKey: string | null,
  ): Promise<Redeemed | Failure> {
    const token = await tx.liveToken(grant.id);
    const fresh = token !== null && now - token.mintedAt <= LIMITS.redeemReplaySeconds * 1000 && now < token.expiresAt;
    if (token === null || redeemKey === null || token.redeemKey !== redeemKey || !fresh) return WRONG_CODE;
    return {
      accessToken: await this.services.mint.resign(token.kid, token.claims),
      expiresInSeconds: Math.max(1, Math.floor((token.expiresAt - now) / 1000)),
      claims: token.claims,
      grantId: grant.id,
    };
  }

  private async stillApproved(
    tx: Transaction,
    escalation: EscalationRow,
    grant: GrantRow,
    now: number,
  ): Promise<boolean> {
    if (!this.seals.matches('policy', policyContent(escalation), escalation.policyMac)) return false;
    if (!this.seals.matches('grant', grantContent(grant), grant.mac)) return false;
    // These columns repeat what the seals cover; the token is written from them.
    if (!requestSound(escalation) || grant.agentId !== escalation.agentId || grant.maxUses !== grant.granted.max_uses)
      return false;
    if (escalation.policy.outcome === 'allow') return true;
    const votes = (await tx.votes(escalation.id)).filter((vote) =>
      this.seals.matches('vote', voteContent(vote), vote.mac),
    );
    const standing = (await standingVotes(tx, escalation, votes, now)).filter((vote) => vote.verdict === 'approve');
    return seat(
      escalation.policy.gates,
      standing.map((vote) => vote.voter),
    ).complete;
  }

  private async withdraw(tx: Transaction, grant: GrantRow, now: number): Promise<Failure> {
    await tx.changeGrant(grant.id, grant.version, { change: 'revoked', now, endReason: 'policy_changed' });
    await tx.record(
      [
        {
          type: 'grant.revoked',
          actor: { kind: 'system', id: 'writ' },
          escalation: grant.escalationId,
          grant: grant.id,
          agent: grant.agentId,
          data: { end_reason: 'policy_changed', detail: 'the approval no longer stands' },
        },
      ],
      now,
    );
    await tx.enqueue([{ topic: 'card.publish', payload: { id: grant.escalationId } }]);
    return { error: 'access_denied', description: 'The approval no longer stands.' };
  }

  private async mint(
    tx: Transaction,
    escalation: EscalationRow,
    grant: GrantRow,
    now: number,
    redemption: Redemption,
  ): Promise<Redeemed> {
    const expiresAt = now + grant.granted.ttl * 1000;
    const kid = await tx.signingKid(redemption.alg);
    if (kid === null) throw new SigningKeyNotMet(`there is no key for ${redemption.alg} yet`);
    const minted = await this.services.mint.mint({
      kid,
      jti: this.ids.next('tok'),
      grant,
      escalationId: escalation.id,
      chain: escalation.request.chain,
      now,
      grantExpiresAt: expiresAt,
      maxTokenTtlSeconds: redemption.maxTokenTtlSeconds,
    });
    const jti = String(minted.claims['jti']);
    await tx.changeGrant(grant.id, grant.version, { change: 'activated', now, expiresAt });
    await tx.insertToken({
      jti,
      grantId: grant.id,
      kid: minted.kid,
      claims: minted.claims,
      mintedAt: now,
      expiresAt: minted.expiresAt,
      redeemKey: redemption.redeemKey,
    });
    const subject = {
      actor: { kind: 'agent' as const, id: grant.agentId },
      escalation: escalation.id,
      grant: grant.id,
      agent: grant.agentId,
    };
    await tx.record(
      [
        { ...subject, type: 'grant.activated', data: { expires_at: instant(expiresAt) } },
        { ...subject, type: 'token.minted', data: { jti, kid: minted.kid, exp: minted.claims['exp'] } },
      ],
      now,
    );
    await tx.enqueue([
      { topic: 'card.publish', payload: { id: escalation.id } },
      { topic: 'deadline.grant', payload: { id: grant.id }, afterMs: expiresAt },
    ]);
    return {
      accessToken: minted.jwt,
      expiresInSeconds: Math.max(1, Math.round((minted.expiresAt - Math.floor(now / 1000) * 1000) / 1000)),
      claims: minted.claims,
      grantId: grant.id,
    };
  }
}
