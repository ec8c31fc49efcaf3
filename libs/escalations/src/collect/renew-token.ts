import { Injectable } from '@nestjs/common';
import { about } from '../about.js';
import { approvalStillValid, withdraw } from './approval-still-valid.js';
import { resourceOf } from '../judge/check-catalog.js';
import { endingAsSigned, type MintedToken } from '../minted-token.js';
import { escalationsInChain } from '../ask/parent-grant.js';
import { PolicyTightening, type Tightened } from '../judge/policy-tightening.js';
import { RegistrySource, Seals, Store, type Transaction } from '../ports.js';
import type { EscalationRow } from '../rows/escalation.js';
import type { GrantRow } from '../rows/grant.js';
import type { TokenRow } from '../rows/token.js';
import { endWithinSeal, grantState, isTokenUsable } from '../state-now.js';
import { GrantTokens, termsOf, type Redeemed, type TokenTerms } from './write-token.js';

/** RFC 8693 section 2.2.2: a subject token that cannot be exchanged, for whatever reason, is `invalid_request`. */
export interface NotRenewed {
  readonly error: 'invalid_request';
  readonly description: string;
}

interface Renewal {
  /** The Idempotency-Key header; `null` without one. */
  readonly redeemKey: string | null;
  readonly terms: TokenTerms;
  readonly tightened: Tightened;
}

const NOT_GIVEN = notRenewed('The configuration would not give this grant now.');
const NOT_YOURS = notRenewed('The subject_token is unknown, over, renewed before or not yours.');

/**
 * An agent exchanges its own live token for a new one of the same grant (RFC 8693): another `jti`, the old one dead in
 * the same transaction, the grant's deadline and its counted uses where they were. Everything that a collection checks is checked again.
 */
@Injectable()
export class RenewToken {
  constructor(
    private readonly registry: RegistrySource,
    private readonly store: Store,
    private readonly seals: Seals,
    private readonly tightening: PolicyTightening,
    private readonly tokens: GrantTokens,
  ) {}

  /** @param redeemKey the Idempotency-Key header, which lets a lost answer be fetched again within 60 s */
  async execute(clientId: string, subjectToken: string, redeemKey: string | null): Promise<Redeemed | NotRenewed> {
    const found = await this.tokens.find(this.store.read, subjectToken);
    if (found === null || found.grant.agentId !== clientId) return NOT_YOURS;
    const asked = await this.store.read.escalations.byId(found.grant.escalationId);
    if (asked === null) return NOT_YOURS;
    const registry = await this.registry.current();
    const { resource: id, granted } = found.grant;
    const resource = resourceOf(registry.catalog, id, granted.authorization_details);
    if (resource === null) return NOT_GIVEN;
    const terms = termsOf(resource, asked.escalation);
    const renewal: Renewal = {
      redeemKey,
      terms,
      tightened: await this.tightening.ofAll(escalationsInChain(found.grant), registry),
    };
    return this.tokens.withKeysLearnt(terms.alg, () =>
      this.store.run((tx) => this.renew(tx, found, asked.escalation, renewal)),
    );
  }

  private async renew(
    tx: Transaction,
    found: MintedToken,
    escalation: EscalationRow,
    renewal: Renewal,
  ): Promise<Redeemed | NotRenewed> {
    const agent = await tx.agents.lock(found.grant.agentId);
    if (agent === null || agent.agent.uid !== found.grant.agentUid) return NOT_YOURS;
    await tx.grants.lockAncestors(found.grant.parents);
    const locked = await tx.grants.lock(found.grant.id);
    const stored = await tx.tokens.byJti(found.token.jti);
    if (locked === null || stored === null) return NOT_YOURS;
    const { grant, now } = locked;
    const token = endingAsSigned(stored, found.claims);
    const over = grantState(grant, now).status !== 'active' || endWithinSeal(grant, now) <= now;
    if (over) return notRenewed('The grant has ended.');
    if (renewal.tightened === 'gone') return NOT_GIVEN;
    if (token.endedAt !== null) {
      const lost = { escalation, grant, renewedFrom: token.jti, ...renewal };
      return (await this.tokens.signedAgain(tx, lost, now)) ?? NOT_YOURS;
    }
    if (!isTokenUsable(token, grant, now)) return notRenewed('The subject_token has run out or is used up.');
    if (renewal.tightened === 'new_uses') return NOT_GIVEN;
    if (renewal.tightened === 'live') return withdrawn(tx, grant, now, 'the configuration would not give it now');
    if (!(await approvalStillValid(tx, this.seals, escalation, grant, now)))
      return withdrawn(tx, grant, now, 'the approval no longer stands');
    return this.write(tx, escalation, grant, token, now, renewal);
  }

  private async write(
    tx: Pick<Transaction, 'grants' | 'journal' | 'keys' | 'statusPlaces' | 'tokens'>,
    escalation: EscalationRow,
    grant: GrantRow,
    old: TokenRow,
    now: number,
    { redeemKey, terms }: Renewal,
  ): Promise<Redeemed> {
    await tx.tokens.endOf(grant.id, now);
    const { jti, kid, redeemed } = await this.tokens.write(tx, {
      escalation,
      grant,
      now,
      grantExpiresAt: endWithinSeal(grant, now),
      terms,
      redeemKey,
      renewedFrom: old.jti,
    });
    if (grant.heartbeatSeconds !== null) await tx.grants.recordHeartbeat(grant.id, now);
    const data = { jti, renewed_from: old.jti, kid, exp: redeemed.claims['exp'] };
    await tx.journal.record([about(grant).says('token.renewed', { kind: 'agent', id: grant.agentId }, data)], now);
    return redeemed;
  }
}

async function withdrawn(
  tx: Pick<Transaction, 'endings' | 'journal'>,
  grant: GrantRow,
  now: number,
  detail: string,
): Promise<NotRenewed> {
  await withdraw(tx, grant, now, detail);
  return notRenewed('The approval no longer stands.');
}

function notRenewed(description: string): NotRenewed {
  return { error: 'invalid_request', description };
}
