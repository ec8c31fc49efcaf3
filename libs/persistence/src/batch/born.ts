import { ESCALATION_BIRTH } from '#domain/escalation/lifecycle.js';
import { RISKS } from '#domain/risk.js';
import type { EscalationRow, NewEscalation } from '#escalations/rows/escalation.js';
import type { GrantRow, NewGrant } from '#escalations/rows/grant.js';

/** A new request as `write_batch` writes it. */
export function escalationRow(row: NewEscalation): Readonly<Record<string, unknown>> {
  return {
    id: row.id,
    agent_uid: row.agentUid,
    agent_id: row.agentId,
    owner_id: row.ownerId,
    resource: row.resource,
    status: ESCALATION_BIRTH[row.birth],
    birth: row.birth,
    digest: row.digest,
    request: row.request,
    task_id: row.request.task.id,
    risk: row.risk,
    policy_version: row.policyVersion,
    policy: row.policy,
    policy_mac: row.policyMac,
    deferral_hash: row.deferralHash.toString('hex'),
    now: row.now,
    deadline: row.deadline,
    denial: row.denial,
    granted: row.granted,
    grant_digest: row.grantDigest,
    ask_hash: row.askHash,
  };
}

/** The same as it will be read: nothing has ended it yet, and nothing was done about it. */
export function bornEscalation({ birth, deferralHash: _, askHash: __, now, ...row }: NewEscalation): EscalationRow {
  const status = ESCALATION_BIRTH[birth];
  return {
    ...row,
    status,
    version: 1,
    createdAt: now,
    decidedAt: status === 'pending' ? null : now,
    cancelCause: null,
    barredAt: null,
    agentBarred: false,
    restoredAt: null,
    ancestors: [],
    breakGlass: null,
    nudged: false,
    reminded: [],
  };
}

/** A new grant as `write_batch` writes it. */
export function grantRow(row: NewGrant): Readonly<Record<string, unknown>> {
  return {
    id: row.id,
    escalation_id: row.escalationId,
    agent_uid: row.agentUid,
    agent_id: row.agentId,
    resource: row.resource,
    actions: row.actions,
    digest: row.digest,
    granted: row.granted,
    grant_digest: row.grantDigest,
    max_uses: row.maxUses,
    mac: row.mac,
    created_at: row.createdAt,
    ready_until: row.readyUntil,
    heartbeat_seconds: row.heartbeatSeconds,
    risk_order: RISKS.indexOf(row.risk),
    people_asked: row.peopleAsked,
  };
}

/** The same as it will be read. @param held a restore of the database waits for its review */
export function bornGrant({ risk: _, ...row }: NewGrant, held: boolean): GrantRow {
  return {
    ...row,
    status: 'ready',
    version: 1,
    uses: 0,
    activatedAt: null,
    expiresAt: null,
    lastHeartbeatAt: null,
    endedAt: null,
    endReason: null,
    outcome: null,
    barred: false,
    barredAt: null,
    keyCompromisedAt: null,
    killedAt: null,
    restoredAt: null,
    held,
    ancestors: [],
  };
}
