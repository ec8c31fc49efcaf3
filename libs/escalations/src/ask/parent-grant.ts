import { Injectable } from '@nestjs/common';
import type {
  AuthorityLimits,
  ChainLink,
  EscalationRequest,
  GrantedAuthority,
} from '#domain/authority/authorization-details.js';
import { partWithinHanded, withinHanded, type HandedOn } from '#domain/authority/handing-on.js';
import { LIMITS } from '#domain/limits.js';
import { refuse, type Refusal } from '#domain/refusal.js';
import { findMintedToken } from '../minted-token.js';
import { PolicyTightening } from '../judge/policy-tightening.js';
import { Store, RegistrySource, Seals, TokenMint } from '../ports.js';
import type { Denial, EscalationRow } from '../rows/escalation.js';
import type { AncestorGrant, GrantRow } from '../rows/grant.js';
import { chainSound, requestSound } from '../sealed-content.js';
import { endWithinSeal, ancestorsEndAt, isTokenUsable, usesLeftInAncestors, usesRemaining } from '../state-now.js';

/** Where an agent presents the token of the one that hands work on to it. */
export const PARENT_TOKEN_HEADER = 'Writ-Parent-Token';

/** The grant that an agent hands on from, and those above that. */
export interface ParentGrant {
  /** The nearest first. */
  readonly ancestors: readonly AncestorGrant[];
  readonly chain: readonly ChainLink[];
  readonly resource: string;
  readonly granted: GrantedAuthority;
  readonly usesLeft: number | null;
}

/** Reads the tokens with which agents say that work was handed on to them. */
@Injectable()
export class ParentGrants {
  constructor(
    private readonly store: Store,
    private readonly mint: TokenMint,
    private readonly registry: RegistrySource,
    private readonly tightening: PolicyTightening,
    private readonly seals: Seals,
  ) {}

  /** The grant behind a live access token of ours; refuses any other, without saying why, and a chain that grows too long. */
  async of(jwt: string): Promise<ParentGrant | Refusal> {
    const found = await findMintedToken(this.mint, this.store.read, jwt);
    if (found === null || !isTokenUsable(found.token, found.grant, found.now)) return unusable();
    const { grant, claims } = found;
    const asked = await this.store.read.escalations.byId(grant.escalationId);
    if (asked === null || !requestSound(asked.escalation)) return unusable();
    if (!chainSound(this.seals, grant)) return unusable();
    if ((await this.tightening.ofAll(escalationsInChain(grant), await this.registry.current())) !== 'off')
      return unusable();
    const { ownerId, request } = asked.escalation;
    const chain = [{ iss: String(claims['iss']), sub: String(claims['sub']) }, ...request.chain];
    if (chain.length > LIMITS.chainDepthMax) return tooLong();
    const ancestors = [{ ...grant, expiresAt: endWithinSeal(grant, found.now), ownerId }, ...grant.ancestors];
    const { resource, granted } = grant;
    return { ancestors, chain, resource, granted, usesLeft: usesRemaining(grant) };
  }
}

/** The requests of a grant and of those above it: what the configuration must still give, all of it. */
export function escalationsInChain(grant: Pick<GrantRow, 'escalationId' | 'ancestors'>): string[] {
  return [grant.escalationId, ...grant.ancestors.map(({ escalationId }) => escalationId)];
}

/** The authority that the parent has left at `now` (epoch ms). */
export function leftToHandOn({ ancestors, resource, granted, usesLeft }: ParentGrant, now: number): HandedOn {
  return { resource, granted, usesLeft, restSeconds: ((ancestorsEndAt({ ancestors }) ?? now) - now) / 1_000 };
}

/**
 * How much of a grant's time and uses is left above it, as limits on what is approved; none without grants above. Where
 * no use is left, one is approved that nobody collects.
 */
export function limitsOfAncestors(row: Pick<EscalationRow, 'ancestors'>, now: number): AuthorityLimits[] {
  const until = ancestorsEndAt(row);
  const uses = usesLeftInAncestors(row);
  return [
    ...(until === null ? [] : [{ ttl: Math.max(1, Math.floor((until - now) / 1_000)) }]),
    ...(uses === null ? [] : [{ max_uses: Math.max(1, uses) }]),
  ];
}

/** Why work is not handed on so, or `null`: nobody asks under a grant of their own, or for more than is held above. */
export function handingDenial(
  agentId: string,
  request: EscalationRequest,
  parent: ParentGrant,
  now: number,
): Denial | null {
  if (parent.ancestors.some((grant) => grant.agentId === agentId)) {
    const reason = 'This agent is in the delegation chain already.';
    return { by: 'policy', code: 'delegation_cycle', reason, next: { action: 'none' } };
  }
  const handed = leftToHandOn(parent, now);
  if (withinHanded(request, handed)) return null;
  const largest_allowed = partWithinHanded(request, handed);
  return {
    by: 'policy',
    code: 'exceeds_parent',
    reason: 'This is more than the grant allows that the work was handed on from.',
    next: largest_allowed.length === 0 ? { action: 'none' } : { action: 'ask_less', largest_allowed },
  };
}

function unusable(): Refusal {
  return refuse('invalid_request', `The ${PARENT_TOKEN_HEADER} header cannot be used.`, {
    errors: [{ pointer: PARENT_TOKEN_HEADER, rule: 'must be one live access token of this broker' }],
  });
}

function tooLong(): Refusal {
  return refuse('out_of_range', 'The delegation chain would be too long.', {
    errors: [
      { pointer: PARENT_TOKEN_HEADER, rule: `must not make a chain of more than ${LIMITS.chainDepthMax} links` },
    ],
  });
}

/** Reads the header: `null` when it is absent, a refusal when it holds anything but one compact JWT. */
export function readParentToken(header: string | string[] | undefined): string | null | Refusal {
  if (header === undefined) return null;
  return typeof header === 'string' && /^[\w-]+\.[\w-]+\.[\w-]+$/.test(header) ? header : unusable();
}
