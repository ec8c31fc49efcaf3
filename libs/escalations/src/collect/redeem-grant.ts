import type { CallerProof } from '#domain/caller-proof.js';
import { Injectable } from '@nestjs/common';
import { LIMITS } from '#domain/limits.js';
import { approvalStillValid, withdraw } from './approval-still-valid.js';
import { mintFirst } from './first-token.js';
import { resourceOf } from '../judge/check-catalog.js';
import { escalationsInChain } from '../ask/parent-grant.js';
import { PolicyTightening, type Tightened } from '../judge/policy-tightening.js';
import { RegistrySource, registryOf, Seals, Store, type Transaction } from '../ports.js';
import type { EscalationRow } from '../rows/escalation.js';
import type { GrantRow } from '../rows/grant.js';
import { escalationState, grantState, usesRemaining } from '../state-now.js';
import { GrantTokens, termsOf, type Redeemed, type TokenTerms } from './write-token.js';

/** OAuth errors of the token endpoint (RFC 6749 section 5.2, RFC 8628 section 3.5). */
export type RedeemError = 'authorization_pending' | 'slow_down' | 'access_denied' | 'expired_token' | 'invalid_grant';

/** The agent keeps its code and asks again. */
const HELD = {
  error: 'authorization_pending',
  description: 'The broker was restored from a backup; an operator has to review that first.',
} as const;
/** Approved since this call began: whether the configuration still gives it was not asked, so the agent polls once more. */
const JUST_DECIDED = { error: 'authorization_pending', description: 'The decision was made a moment ago.' } as const;
/** What is said of a code that is unknown, used or somebody else's: nothing tells these apart. */
export const WRONG_CODE = {
  error: 'invalid_grant',
  description: 'The deferral_code is unknown, used or not yours.',
} as const;

interface Redemption {
  readonly redeemKey: string | null;
  /** `null`: the catalog has not what would be collected. */
  readonly terms: TokenTerms | null;
  /** `null`: nothing was granted yet when it was asked. */
  readonly tightened: Tightened | null;
}

type Failure = { readonly error: RedeemError; readonly description: string };

/**
 * Where the first token of a grant is minted. Takes the deferral code and the authenticated client; the clock of the grant
 * starts here. Eligibility of the people who approved is asked once more, and every MAC must match.
 */
@Injectable()
export class RedeemGrant {
  constructor(
    private readonly registry: RegistrySource,
    private readonly store: Store,
    private readonly seals: Seals,
    private readonly tightening: PolicyTightening,
    private readonly tokens: GrantTokens,
  ) {}

  /**
   * @param redeemKey the Idempotency-Key header, which lets a lost answer be fetched again within 60 s
   * @param proof how the client was proved, where nobody has asked the database about it
   */
  async execute(
    clientId: string,
    deferralCode: string,
    redeemKey: string | null,
    proof?: CallerProof,
  ): Promise<Redeemed | Failure> {
    const found = await this.store.read.escalations.byDeferralHash(this.seals.deferralHash(deferralCode));
    if (found === null || found.escalation.agentId !== clientId) return WRONG_CODE;
    const registry = await registryOf(this.registry, proof);
    const { granted, resource: id, request } = found.escalation;
    const details = granted?.authorization_details ?? request.authorization_details;
    const resource = resourceOf(registry.catalog, id, details);
    const terms = resource === null ? null : termsOf(resource, found.escalation);
    const line = escalationsInChain({ ...found.escalation, escalationId: found.escalation.id });
    const tightened = found.escalation.granted === null ? null : await this.tightening.ofAll(line, registry);
    const redemption: Redemption = { redeemKey, terms, tightened };
    return this.tokens.withKeysLearnt(terms?.alg ?? null, () => {
      const needs = {
        agent: { id: found.escalation.agentId },
        grantOf: found.escalation.id,
        ...this.tokens.signingNeeds(terms?.alg ?? null),
        ...(proof && { proof }),
      };
      return this.store.runBatched(needs, (tx) => this.redeem(tx, found.escalation, redemption));
    });
  }

  private async redeem(
    tx: Transaction,
    escalation: EscalationRow,
    redemption: Redemption,
  ): Promise<Redeemed | Failure> {
    const locked = await tx.agents.lock(escalation.agentId);
    if (locked === null || locked.agent.uid !== escalation.agentUid) return WRONG_CODE;
    // The grants above are held first: a call that takes their last use comes before this token, or after it and ends it.
    if (escalation.granted !== null) await tx.grants.lockAncestors(escalation.parents);
    const held = await tx.grants.lockOfEscalation(escalation.id);
    if (held !== null) return this.collect(tx, escalation, held.grant, held.now, redemption);
    return this.notApproved(tx, escalation.id);
  }

  private async notApproved(tx: Pick<Transaction, 'escalations'>, escalationId: string): Promise<Redeemed | Failure> {
    const locked = await tx.escalations.lock(escalationId);
    if (locked === null) return WRONG_CODE;
    const { status } = escalationState(locked.escalation, locked.now);
    if (status === 'pending') {
      const tooSoon = await tx.escalations.markPoll(escalationId, LIMITS.pollIntervalSeconds);
      return tooSoon
        ? { error: 'slow_down', description: `Poll every ${LIMITS.pollIntervalSeconds} seconds.` }
        : { error: 'authorization_pending', description: 'People are still deciding.' };
    }
    if (status === 'lapsed') return { error: 'expired_token', description: 'Nobody decided in time.' };
    if (status === 'approved') return JUST_DECIDED;
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
    const state = grantState(grant, now);
    if (state.status === 'active') {
      if (redemption.terms === null || redemption.tightened === 'gone') return WRONG_CODE;
      const { terms, redeemKey } = redemption;
      const lost = { escalation, grant, terms, redeemKey, renewedFrom: null };
      return (await this.tokens.signedAgain(tx, lost, now)) ?? WRONG_CODE;
    }
    if (state.status === 'expired' && grant.activatedAt === null)
      return { error: 'expired_token', description: 'The grant was not collected in time.' };
    if (state.status !== 'ready')
      return grant.activatedAt === null ? { error: 'access_denied', description: 'The grant has ended.' } : WRONG_CODE;
    if (grant.held) return HELD;
    if (usesRemaining(grant) === 0)
      return { error: 'access_denied', description: 'No use is left of the grant that the work was handed on from.' };
    if (redemption.tightened === null) return JUST_DECIDED;
    const { terms } = redemption;
    if (redemption.tightened !== 'off' || terms === null)
      return this.withdrawn(tx, grant, now, 'the configuration would not give it now');
    if (!(await approvalStillValid(tx, this.seals, escalation, grant, now)))
      return this.withdrawn(tx, grant, now, 'the approval no longer stands');
    return mintFirst(tx, this.tokens, { escalation, grant, terms, redeemKey: redemption.redeemKey }, now);
  }

  private async withdrawn(
    tx: Pick<Transaction, 'endings' | 'journal'>,
    grant: GrantRow,
    now: number,
    detail: string,
  ): Promise<Failure> {
    await withdraw(tx, grant, now, detail);
    return { error: 'access_denied', description: 'The approval no longer stands.' };
  }
}
