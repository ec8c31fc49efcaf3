import { timetableOf } from '#domain/approval/timetable.js';
import type { PolicyDecision } from '#domain/policy-decision.js';
import { about, aboutAgent } from '../about.js';
import type { UsedBreakGlass } from '../judge/judge-ask.js';
import type { EscalationRow } from '../rows/escalation.js';
import type { Actor, Due, HistoryEntry } from '../rows/history.js';

/**
 * The first lines of a request's history: what was asked, how break-glass was used, and what policy decided at once.
 * @param origin the dialect it was asked in; `null`: REST, which is not said
 */
export function requestHistory(
  row: EscalationRow,
  breakGlass: UsedBreakGlass | null,
  origin: 'oauth' | null,
): HistoryEntry[] {
  const policy = {
    outcome: row.policy.outcome,
    version: row.policyVersion,
    determining: row.policy.determining,
    facts: row.policy.facts,
  };
  const [agent, byPolicy] = [actorOf('agent', row.agentId), actorOf('policy', row.policyVersion)];
  const requested = about(row).says('escalation.requested', agent, {
    digest: row.digest,
    resource: row.resource,
    task: row.request.task.id,
    break_glass: row.request.break_glass,
    policy,
    ...parentPart(row),
    ...(origin === null ? {} : { origin }),
  });
  const entries = [row.status === 'pending' ? { ...requested, due: dueOf(row) } : requested];
  if (breakGlass !== null) {
    const { skipped, ordinary } = breakGlass;
    const data = { skipped, ordinary, outcome: row.policy.outcome, determining: row.policy.determining };
    entries.push(about(row).says('break_glass.used', agent, data));
  }
  if (row.policy.denialCode === 'policy_error')
    entries.push(about(row).says('policy.error', byPolicy, { failed: row.policy.determining }));
  if (row.denial !== null) entries.push(about(row).says('escalation.denied', byPolicy, { ...row.denial }));
  if (row.granted !== null)
    entries.push(
      about(row).says('escalation.approved', byPolicy, { grant_digest: row.grantDigest, cuts: row.granted.cuts }),
    );
  return entries;
}

/** What would come, or would have come, of an ask of which nothing else is kept. */
export function evaluated(
  agentId: string,
  said: { readonly resource: string; readonly actions: readonly string[] } & Pick<
    PolicyDecision,
    'outcome' | 'determining' | 'version'
  >,
): HistoryEntry {
  return aboutAgent(agentId).says('escalation.evaluated', actorOf('agent', agentId), { ...said });
}

function actorOf(kind: Actor['kind'], id: string): Actor {
  return { kind, id };
}

/** When the clock looks at a request that waits for people: at each reminder, and at its end. */
function dueOf(row: EscalationRow): Due {
  const reminders = timetableOf(row).flatMap(({ step, at }) => (step === 'reminder' ? [at] : []));
  return { reminders, end: row.deadline };
}

/** Names the grant that the work was handed on from, in the history; nothing where there is none. */
export function parentPart({ parents }: Pick<EscalationRow, 'parents'>): { parent?: string } {
  const nearest = parents?.[0];
  return nearest === undefined ? {} : { parent: nearest };
}
