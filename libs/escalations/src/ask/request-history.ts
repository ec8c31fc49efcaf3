import type { UsedBreakGlass } from '../judge/judge-ask.js';
import type { EscalationRow, HistoryEntry } from '../rows.js';

/** The first lines of a request's history: what was asked, how break-glass was used, and what policy decided at once. */
export function requestHistory(row: EscalationRow, breakGlass: UsedBreakGlass | null): HistoryEntry[] {
  const subject = { escalation: row.id, agent: row.agentId };
  const policy = {
    outcome: row.policy.outcome,
    version: row.policyVersion,
    determining: row.policy.determining,
    facts: row.policy.facts,
  };
  const entries: HistoryEntry[] = [
    {
      ...subject,
      type: 'escalation.requested',
      actor: { kind: 'agent', id: row.agentId },
      data: {
        digest: row.digest,
        resource: row.resource,
        task: row.request.task.id,
        break_glass: row.request.break_glass,
        policy,
        ...parentPart(row),
      },
    },
  ];
  const byPolicy = { ...subject, actor: { kind: 'policy' as const, id: row.policyVersion } };
  if (breakGlass !== null) {
    const { skipped, ordinary } = breakGlass;
    const data = { skipped, ordinary, outcome: row.policy.outcome, determining: row.policy.determining };
    entries.push({ ...subject, type: 'break_glass.used', actor: { kind: 'agent', id: row.agentId }, data });
  }
  if (row.policy.denialCode === 'policy_error')
    entries.push({ ...byPolicy, type: 'policy.error', data: { failed: row.policy.determining } });
  if (row.denial !== null) entries.push({ ...byPolicy, type: 'escalation.denied', data: { ...row.denial } });
  if (row.granted !== null)
    entries.push({
      ...byPolicy,
      type: 'escalation.approved',
      data: { grant_digest: row.grantDigest, cuts: row.granted.cuts },
    });
  return entries;
}

/** Names the grant that the work was handed on from, in the history; nothing where there is none. */
export function parentPart({ parents }: Pick<EscalationRow, 'parents'>): { parent?: string } {
  const nearest = parents?.[0];
  return nearest === undefined ? {} : { parent: nearest };
}
