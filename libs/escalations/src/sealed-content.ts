import type { EscalationRow, GrantRow, VoteRow } from './rows.js';

/** What the MAC of a policy outcome covers: the decision and the digest of the request it was made for. */
export function policyContent(row: Pick<EscalationRow, 'id' | 'agentUid' | 'digest' | 'policy'>): unknown {
  return { escalation: row.id, agent_uid: row.agentUid, digest: row.digest, policy: row.policy };
}

export function voteContent(vote: Omit<VoteRow, 'mac' | 'groups'>): unknown {
  return {
    id: vote.id,
    escalation: vote.escalationId,
    person: vote.person,
    verdict: vote.verdict,
    digest: vote.digest,
    limits: vote.limits,
    reason: vote.reason,
    via: vote.via,
  };
}

export function grantContent(grant: Pick<GrantRow, 'id' | 'escalationId' | 'agentUid' | 'resource' | 'digest' | 'granted' | 'grantDigest'>): unknown {
  return {
    id: grant.id,
    escalation: grant.escalationId,
    agent_uid: grant.agentUid,
    resource: grant.resource,
    digest: grant.digest,
    granted: grant.granted,
    grant_digest: grant.grantDigest,
  };
}
