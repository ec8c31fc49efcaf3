import { hastyWords, ruleCandidate } from '#domain/approval/pace.js';
import type { PersonName } from '#domain/person-name.js';
import type { ApproverInsight, RuleInsight } from '#escalations/watch/insights.js';

type Wire = Record<string, unknown>;

/** How one person decides. */
export function presentApproverInsight(row: ApproverInsight, nameOf: PersonName): Wire {
  const decisions = row.approved + row.denied;
  return {
    person: row.person,
    name: nameOf(row.person),
    decisions,
    approved: row.approved,
    denied: row.denied,
    approve_rate: rate(row.approved, decisions),
    median_seconds: Math.round(row.medianSeconds),
    fast_approvals: row.fastApprovals,
  };
}

/** How people decide what one rule sends to them. */
export function presentRuleInsight(row: RuleInsight): Wire {
  const { rule, asked, approved, denied, lapsed, cancelled, medianSeconds, pace } = row;
  return {
    rule,
    asked,
    approved,
    denied,
    lapsed,
    cancelled,
    approve_rate: approved + denied === 0 ? null : rate(approved, approved + denied),
    median_seconds: medianSeconds === null ? null : Math.round(medianSeconds),
    fast_approvals: pace.fast,
    fast_share: pace.approvals === 0 ? null : rate(pace.fast, pace.approvals),
    candidate: ruleCandidate(approved, denied, pace),
    no_proposal: hastyWords(pace),
  };
}

/** To three places. */
function rate(part: number, whole: number): number {
  return whole === 0 ? 0 : Math.round((part / whole) * 1_000) / 1_000;
}
