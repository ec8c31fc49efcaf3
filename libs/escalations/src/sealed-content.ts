import { requestDigest } from '#domain/authority/digest.js';
import type { Seals } from './ports.js';
import type { Actor, EscalationRow, GrantRow, VoteRow } from './rows.js';

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

/** That an agent was suspended (or retired, which nobody answers) or resumed. Instants are microseconds, as digits. */
export interface SuspensionRecord {
  readonly id: string;
  readonly agentUid: string;
  readonly change: 'suspended' | 'resumed';
  /** The newest suspension that a resumption answers, and with it all before; `null` for a suspension. */
  readonly answers: string | null;
  readonly at: string;
  readonly actor: Actor;
  readonly reason: string | null;
}

/** The id is covered, so that no copy of a resumption answers a later suspension. */
export function suspensionContent({ agentUid, ...record }: SuspensionRecord): unknown {
  return { ...record, agent_uid: agentUid };
}

/** True while a sound suspension waits for an answer. @param records of one agent, each with a right seal */
export function isSuspended(records: readonly SuspensionRecord[]): boolean {
  const answered = records.reduce(
    (most, { answers }) => (answers !== null && BigInt(answers) > most ? BigInt(answers) : most),
    0n,
  );
  return records.some(({ change, id }) => change === 'suspended' && BigInt(id) > answered);
}

/** That a task, or what a person approved, was ended. */
export interface KillRecord {
  readonly id: string;
  readonly kind: 'task' | 'approver';
  readonly subject: string;
  readonly notBefore: string;
}

export function killContent({ notBefore, ...record }: KillRecord): unknown {
  return { ...record, not_before: notBefore };
}

/** What a person said of a restore, or of a use of break-glass. */
export interface ReviewRecord {
  readonly id: string;
  readonly kind: 'restore' | 'break_glass';
  readonly subject: string;
  readonly at: string;
  readonly by: string;
  readonly verdict: 'keep' | 'end' | null;
  readonly note: string | null;
}

export function reviewContent(record: ReviewRecord): unknown {
  return { ...record };
}
