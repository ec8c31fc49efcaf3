import { Injectable } from '@nestjs/common';
import { checkArguments } from '#domain/authority/arguments-schema.js';
import type { AuthorityLimits, GrantedAuthority, ToolCall } from '#domain/authority/authorization-details.js';
import { canonicalJson } from '#domain/authority/canonical-json.js';
import { limitsWithin } from '#domain/authority/narrowing.js';
import type { CatalogResource } from '#domain/catalog.js';
import { LIMITS } from '#domain/limits.js';
import { refuse, type Refusal } from '#domain/refusal.js';
import { argumentsRefusal } from '../judge/check-catalog.js';
import { RegistrySource, TokenMint } from '../ports.js';
import type { EscalationRow } from '../rows/escalation.js';
import type { VoteRow } from '../rows/vote.js';
import { grantedAuthority } from '../settle.js';
import { endedByKill } from '../counting-votes.js';

type Asked = Pick<EscalationRow, 'agentId' | 'resource' | 'request' | 'policy'>;

const DETAILS = '/limits/authorization_details';

/**
 * What approvers may cut: only less than was asked, and never to something that no token could carry. One element of an
 * ask may be cut into many, so that what is left can be larger than what was asked.
 */
@Injectable()
export class ApproverLimits {
  constructor(
    readonly registry: RegistrySource,
    private readonly mint: TokenMint,
  ) {}

  /** What is wrong with the limits of an approval beside the votes cast before it that nothing has ended, or `null`. */
  judge(row: Asked, resource: CatalogResource, limits: AuthorityLimits, votes: readonly VoteRow[]): Refusal | null {
    const { authorization_details, requested_ttl: ttl, max_uses } = row.request;
    if (!limitsWithin(limits, { authorization_details, ttl, max_uses })) {
      return refuse('out_of_range', 'A limit may only cut what was asked.', {
        errors: [{ pointer: '/limits', rule: 'must not be wider than what was asked' }],
      });
    }
    const earlier = limitsOf(votes.filter((vote) => !endedByKill(vote)));
    const met = grantedAuthority(row.request, row.policy, [...earlier, limits]);
    if (met.authorization_details.length === 0) {
      return refuse('out_of_range', 'Together with the earlier cuts nothing would be left; deny instead.', {
        errors: [{ pointer: DETAILS, rule: 'must leave something of the request' }],
      });
    }
    // Alone too: the earlier votes may have lost their weight by the time that this one counts.
    return (
      addedArguments(authorization_details, limits, resource) ??
      this.carried(row, resource, [limits]) ??
      this.carriedAs(row, resource, met)
    );
  }

  /** Refuses cuts that together leave more than one token can carry, or than one ask may hold. */
  carried(row: Asked, resource: CatalogResource, cuts: readonly AuthorityLimits[]): Refusal | null {
    if (cuts.length === 0) return null;
    return this.carriedAs(row, resource, grantedAuthority(row.request, row.policy, cuts));
  }

  private carriedAs(row: Asked, resource: CatalogResource, met: GrantedAuthority): Refusal | null {
    const { authorization_details, max_uses } = met;
    if (authorization_details.length > LIMITS.elementsMax)
      return tooLarge(`must leave at most ${LIMITS.elementsMax} elements`);
    if (Buffer.byteLength(canonicalJson(authorization_details), 'utf8') > LIMITS.authorizationDetailsBytesMax)
      return tooLarge(`canonical form must be at most ${LIMITS.authorizationDetailsBytesMax} bytes`);
    const request = { ...row.request, authorization_details, max_uses };
    const { signingAlg: alg } = resource;
    return this.mint.fits({ agentId: row.agentId, resource: row.resource, alg, request })
      ? null
      : tooLarge('must fit into a token');
  }
}

/** The limits that votes carry. */
export function limitsOf(votes: readonly VoteRow[]): AuthorityLimits[] {
  return votes.flatMap((vote) => (vote.limits === null ? [] : [vote.limits]));
}

/** Arguments where the ask had none are the approver's own words, and judged as an agent's. */
function addedArguments(
  asked: readonly ToolCall[],
  limits: AuthorityLimits,
  resource: CatalogResource,
): Refusal | null {
  const known = new Set(asked.flatMap((element) => (element.arguments ? [canonicalJson(element.arguments)] : [])));
  const faults = (limits.authorization_details ?? []).flatMap(({ actions, arguments: args }, index) =>
    args === undefined || known.has(canonicalJson(args))
      ? []
      : resource.actions
          .filter((action) => actions.includes(action.name))
          .flatMap((action) => checkArguments(action.arguments, args, `${DETAILS}/${index}/arguments`)),
  );
  return argumentsRefusal(faults);
}

function tooLarge(rule: string): Refusal {
  return refuse('too_large', 'What these cuts leave is larger than a request may be.', {
    errors: [{ pointer: DETAILS, rule }],
  });
}
