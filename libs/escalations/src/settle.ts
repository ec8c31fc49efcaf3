import type { AuthorityLimits, GrantedAuthority } from '#domain/authority/authorization-details.js';
import { grantDigest } from '#domain/authority/digest.js';
import { cutsBetween, narrow } from '#domain/authority/narrowing.js';
import type { CatalogResource } from '#domain/catalog.js';
import { instant } from '#domain/instant.js';
import { LIMITS } from '#domain/limits.js';
import type { PolicyDecision } from '#domain/policy-decision.js';
import type { EscalationRequest } from '#domain/authority/authorization-details.js';
import { about, asksPeople } from './about.js';
import type { Ids, Seals, Transaction } from './ports.js';
import type { EscalationRow, Granted } from './rows/escalation.js';
import type { GrantRow } from './rows/grant.js';
import type { Actor } from './rows/history.js';
import { riskOf } from './judge/check-catalog.js';
import { parentPart } from './ask/request-history.js';
import { grantContent } from './sealed-content.js';
import { heartbeatOf, sealedTerms } from './sealed-terms.js';
import { ancestorsEndAt } from './state-now.js';

/**
 * What remains of an ask after policy and the approvers have cut it: min of every ttl and use count. How long one token
 * lives is the resource's matter: a grant may be longer and is then renewed.
 */
export function grantedAuthority(
  request: EscalationRequest,
  policy: Pick<PolicyDecision, 'maxTtl' | 'maxUses'>,
  limits: readonly AuthorityLimits[],
): Granted {
  const asked: GrantedAuthority = {
    authorization_details: request.authorization_details,
    ttl: request.requested_ttl,
    max_uses: request.max_uses,
  };
  const cuts: AuthorityLimits[] = [
    {
      ttl: policy.maxTtl ?? asked.ttl,
      ...(policy.maxUses === null ? {} : { max_uses: policy.maxUses }),
    },
    ...limits,
  ];
  const granted = cuts.reduce(narrow, asked);
  return { ...granted, cuts: cutsBetween(asked, granted) };
}

/**
 * Writes the grant that an approval gives birth to, with its history, from which the job follows that watches its pick-up
 * window where people approved it.
 */
export async function issueGrant(
  tx: Pick<Transaction, 'grants' | 'journal'>,
  deps: { ids: Ids; seals: Seals },
  escalation: Pick<
    EscalationRow,
    'id' | 'agentUid' | 'agentId' | 'resource' | 'digest' | 'policy' | 'parents' | 'ancestors'
  >,
  terms: { readonly granted: Granted; readonly resource: CatalogResource },
  actor: Actor,
  now: number,
): Promise<GrantRow> {
  const { cuts: _cuts, ...authority } = terms.granted;
  const content = {
    id: deps.ids.next('grt'),
    escalationId: escalation.id,
    agentUid: escalation.agentUid,
    resource: escalation.resource,
    digest: escalation.digest,
    granted: authority,
    grantDigest: grantDigest(escalation.id, escalation.digest, authority),
    // Whole milliseconds: what is sealed must read back from the database as the same number.
    readyUntil: Math.floor(Math.min(now + LIMITS.pickUpWindowSeconds * 1000, ancestorsEndAt(escalation) ?? Infinity)),
    heartbeatSeconds: heartbeatOf(authority, terms.resource, sealedTerms(escalation.policy)),
    parents: escalation.parents,
  };
  const grant = await tx.grants.insert({
    ...content,
    agentId: escalation.agentId,
    actions: [...new Set(authority.authorization_details.flatMap((element) => element.actions))].sort(),
    maxUses: authority.max_uses,
    mac: deps.seals.mac('grant', grantContent(content)),
    createdAt: now,
    peopleAsked: asksPeople(escalation.policy),
    risk: riskOf(authority.authorization_details, terms.resource),
  });
  const ready = about(grant).says('grant.ready', actor, {
    granted: authority,
    grant_digest: content.grantDigest,
    ready_until: instant(grant.readyUntil),
    ...parentPart(escalation),
  });
  await tx.journal.record([{ ...ready, due: { end: grant.readyUntil } }], now);
  return grant;
}
