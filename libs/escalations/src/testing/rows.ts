import type { PolicyDecision } from '#domain/policy-decision.js';
import type { EscalationRow } from '../rows/escalation.js';
import type { AncestorGrant, GrantRow } from '../rows/grant.js';
import type { VoteRow } from '../rows/vote.js';

const AT = 1_800_000_000_000;
const DIGEST = `sha256:${'d'.repeat(64)}`;
const POLICY: PolicyDecision = {
  outcome: 'require_approval',
  version: `sha256:${'a'.repeat(64)}`,
  determining: ['refunds'],
  gates: [{ group: 'payments-oncall', quorum: 1 }],
  windowSeconds: 900,
  maxTtl: null,
  maxUses: null,
  reasons: [],
  denialCode: null,
  pairs: [],
  facts: {},
};

/** A request that waits for people and that nothing has happened to, with these changes. */
export function escalationRow(changes: Partial<EscalationRow> = {}): EscalationRow {
  return {
    id: 'esc_01KAMZ0000000000000000000A',
    agentUid: 'uid-1',
    agentId: 'support-bot',
    ownerId: 'alice',
    resource: 'https://payments.example',
    status: 'pending',
    version: 1,
    digest: DIGEST,
    request: {
      resource: 'https://payments.example',
      authorization_details: [
        { type: 'tool_call', actions: ['refund.create'], identifier: 'order/8812', arguments: {} },
      ],
      requested_ttl: 300,
      max_uses: 1,
      task: { id: 'run-77', description: null, ticket: null },
      justification: null,
      evidence: [],
      break_glass: false,
      chain: [],
    },
    risk: 'low',
    policyVersion: POLICY.version,
    policy: POLICY,
    policyMac: 'mac',
    createdAt: AT,
    deadline: AT + 900_000,
    decidedAt: null,
    denial: null,
    granted: null,
    grantDigest: null,
    barredAt: null,
    agentBarred: false,
    restoredAt: null,
    breakGlass: null,
    cancelCause: null,
    nudged: false,
    reminded: [],
    parents: null,
    ancestors: [],
    ...changes,
  };
}

/** A grant that is ready to be collected and that nothing has happened to, with these changes. */
export function grantRow(changes: Partial<GrantRow> = {}): GrantRow {
  return {
    id: 'grt_01KAMZ0000000000000000000A',
    escalationId: 'esc_01KAMZ0000000000000000000A',
    agentUid: 'uid-1',
    agentId: 'support-bot',
    resource: 'https://payments.example',
    actions: ['refund.create'],
    status: 'ready',
    version: 1,
    digest: DIGEST,
    granted: { authorization_details: [], ttl: 300, max_uses: null },
    grantDigest: DIGEST,
    maxUses: null,
    uses: 0,
    mac: 'mac',
    createdAt: AT,
    peopleAsked: true,
    readyUntil: AT + 600_000,
    activatedAt: null,
    expiresAt: null,
    endedAt: null,
    endReason: null,
    outcome: null,
    barred: false,
    barredAt: null,
    keyCompromisedAt: null,
    killedAt: null,
    held: false,
    restoredAt: null,
    heartbeatSeconds: null,
    lastHeartbeatAt: null,
    parents: null,
    ancestors: [],
    ...changes,
  };
}

/** The same as a grant above another. */
export function grantAbove(changes: Partial<AncestorGrant> = {}): AncestorGrant {
  return { ...grantRow(), ownerId: 'alice', ...changes };
}

/** An approval that nobody signed and nothing has ended, with these changes. */
export function voteRow(changes: Partial<VoteRow> = {}): VoteRow {
  return {
    id: 'vot_01KAMZ0000000000000000000A',
    escalationId: 'esc_01KAMZ0000000000000000000A',
    person: 'bob',
    verdict: 'approve',
    digest: DIGEST,
    limits: null,
    reason: null,
    via: 'rest',
    personUid: null,
    at: AT,
    stepUp: null,
    mac: 'mac',
    killedAt: null,
    groups: ['payments-oncall'],
    ...changes,
  };
}
