import { requestDigest } from '#domain/authority/digest.js';
import type { Seals } from './ports.js';
import type { StoredAnswer } from './stored-answer.js';
import type { EscalationRow, GrantRow, VoteRow } from './rows.js';
import type { NewUse } from './use-rows.js';

/** What the MAC of a policy outcome covers: the decision, the digest of the request it was made for, and who may not judge it. */
export function policyContent(
  row: Pick<EscalationRow, 'id' | 'agentUid' | 'ownerId' | 'digest' | 'policy' | 'parents'>,
): unknown {
  return {
    escalation: row.id,
    agent_uid: row.agentUid,
    owner: row.ownerId,
    digest: row.digest,
    policy: row.policy,
    ...parentsPart(row),
  };
}

/** Left out where there are none: taking them off breaks the seal too. */
function parentsPart({ parents }: Pick<EscalationRow, 'parents'>): { parents?: readonly string[] } {
  return parents === undefined || parents === null ? {} : { parents };
}

/** True when the stored request is still the one whose digest was shown, voted on and sealed. */
export function requestSound(row: EscalationRow): boolean {
  return requestDigest(row.id, row.agentId, row.request, row.policyVersion) === row.digest;
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
    // Left out where there is none, as in votes from before signatures: nobody can take one off without the seal breaking.
    ...(vote.stepUp === null ? {} : { step_up: vote.stepUp }),
  };
}

/** True when a grant is the one that was approved: its seal matches, and so does the column that repeats what it covers. */
export function grantSound(
  seals: Pick<Seals, 'matches'>,
  grant: Parameters<typeof grantContent>[0] & Pick<GrantRow, 'maxUses' | 'mac'>,
): boolean {
  return seals.matches('grant', grantContent(grant), grant.mac) && grant.maxUses === grant.granted.max_uses;
}

/** True when a grant and all those above it are the ones that were approved. */
export function lineSound(seals: Pick<Seals, 'matches'>, grant: GrantRow): boolean {
  return [grant, ...(grant.above ?? [])].every((one) => grantSound(seals, one));
}

/** What the seal of a use covers: who asked what under which token, and what the answer was. */
export function useContent(use: Omit<NewUse, 'mac'>): unknown {
  return {
    jti: use.jti,
    grant: use.grantId,
    verifier: use.verifier,
    call_id: use.callId,
    call: use.callHash,
    action: use.action,
    identifier: use.identifier,
    answer: use.answer,
  };
}

/** What the seal of an answer covers that is kept for whoever repeats the call. */
export function answerContent(
  call: { readonly caller: string; readonly route: string; readonly key: string },
  answer: Omit<StoredAnswer, 'mac'>,
): unknown {
  return {
    caller: call.caller,
    route: call.route,
    key: call.key,
    body: answer.bodyHash,
    status: answer.status,
    response: answer.response,
    escalation: answer.escalationId,
  };
}

export function grantContent(
  grant: Pick<
    GrantRow,
    | 'id'
    | 'escalationId'
    | 'agentUid'
    | 'resource'
    | 'digest'
    | 'granted'
    | 'grantDigest'
    | 'readyUntil'
    | 'heartbeatSeconds'
    | 'parents'
  >,
): unknown {
  return {
    id: grant.id,
    escalation: grant.escalationId,
    agent_uid: grant.agentUid,
    resource: grant.resource,
    digest: grant.digest,
    granted: grant.granted,
    grant_digest: grant.grantDigest,
    ready_until: grant.readyUntil,
    // Left out where there is none, as in grants from before heartbeats: taking one off breaks the seal too.
    ...(grant.heartbeatSeconds === null ? {} : { heartbeat: grant.heartbeatSeconds }),
    ...parentsPart(grant),
  };
}
