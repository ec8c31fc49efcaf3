import type { PersonName } from '#domain/person-name.js';
import type { DryRun } from '#escalations/configure/dry-run.js';

type Wire = Record<string, unknown>;

/** A policy decision with its reasons, and what the agent would be answered. */
export function presentDryRun({ policy, explanation, risk, gates, ask }: DryRun, nameOf: PersonName): Wire {
  return {
    outcome: policy.outcome,
    explanation,
    version: policy.version,
    determining: policy.determining,
    reasons: policy.reasons,
    denial_code: policy.denialCode,
    gates: gates.map(({ group, quorum, deputy, eligible }) => ({
      id: group,
      quorum,
      deputy,
      eligible: eligible.map((person) => ({ person, name: nameOf(person) })),
    })),
    window_seconds: policy.windowSeconds,
    max_ttl: policy.maxTtl,
    max_uses: policy.maxUses,
    step_up: policy.stepUp ?? null,
    slack: policy.slack ?? null,
    risk,
    pairs: policy.pairs,
    facts: policy.facts,
    ask: { status: ask.status, granted: ask.granted, denial: ask.denial, largest_allowed: ask.largestAllowed },
  };
}
