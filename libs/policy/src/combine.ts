import { LIMITS } from '#domain/limits.js';
import type { Gate, PairDecision, PolicyDecision, PolicyOutcome, PolicyVoice } from '#domain/policy-decision.js';
import type { PolicyTerms } from './annotations.js';

/** What Cedar answered for one (element, action) pair: ids only. */
export interface PairAnswer {
  readonly element: number;
  readonly action: string;
  readonly satisfied: readonly string[];
  readonly unsatisfied: readonly string[];
  readonly failed: readonly string[];
  /** Why the pair could not be put to Cedar at all, or `null`. */
  readonly misfit: string | null;
}

/**
 * The decision over all pairs: any failure denies, then any matching forbid, then any pair that no permit matched; else
 * people decide when any pair matched a `require_approval`; else allow. A request without pairs is denied.
 * Of several terms the strictest wins: larger quorum of a group, shorter window, smaller caps, and step-up or «deny only»
 * for all when one policy demands it.
 */
export function combine(
  answers: readonly PairAnswer[],
  termsOf: (policy: string) => PolicyTerms,
  version: string,
  facts: Readonly<Record<string, unknown>>,
): PolicyDecision {
  const pairs = answers.map((answer) => pairDecision(answer, termsOf));
  const shared = { version, pairs, facts };
  const failed = distinct(answers.flatMap((answer) => answer.failed));
  if (failed.length > 0 || answers.some((answer) => answer.misfit !== null)) {
    const misfits = distinct(answers.flatMap((answer) => (answer.misfit === null ? [] : [answer.misfit])));
    const reasons = misfits.map((why) => `The request does not fit the types that policy is written in (${why}).`);
    return { ...denied('policy_error', failed, reasons), ...shared };
  }
  const satisfied = distinct(answers.flatMap((answer) => answer.satisfied)).map(termsOf);
  const forbids = satisfied.filter((terms) => terms.role === 'forbid');
  if (forbids.length > 0) return { ...denied('policy_denied', forbids.map(idOf), reasonsOf(forbids)), ...shared };
  if (pairs.length === 0 || pairs.some((pair) => pair.outcome === 'deny')) {
    return { ...denied('no_matching_policy', [], []), ...shared };
  }
  const asking = satisfied.filter((terms) => terms.role === 'require_approval');
  const deciding = asking.length > 0 ? asking : satisfied;
  return {
    outcome: asking.length > 0 ? 'require_approval' : 'allow',
    determining: deciding.map(idOf).sort(),
    gates: gatesOf(asking),
    windowSeconds:
      least(asking.map((terms) => terms.gate?.windowSeconds ?? null)) ?? LIMITS.decisionWindowSecondsDefault,
    // A cap of an `allow` holds even when another policy asks people: approval adds a condition, it lifts none.
    maxTtl: least(satisfied.map((terms) => terms.maxTtl)),
    maxUses: least(satisfied.map((terms) => terms.maxUses)),
    ...channelsOf(asking),
    reasons: reasonsOf(deciding),
    denialCode: null,
    ...shared,
  };
}

/** The most that policy lets this request have; `null` when denied, a member is `null` where no policy caps it. */
export function largestAllowed(
  decision: PolicyDecision,
): { readonly ttl: number | null; readonly max_uses: number | null } | null {
  return decision.outcome === 'deny' ? null : { ttl: decision.maxTtl, max_uses: decision.maxUses };
}

function pairDecision(answer: PairAnswer, termsOf: (policy: string) => PolicyTerms): PairDecision {
  const satisfied = answer.satisfied.map(termsOf);
  const { element, action, unsatisfied, failed } = answer;
  return {
    element,
    action,
    outcome: pairOutcome(answer, satisfied),
    satisfied: satisfied.map(voice),
    unsatisfied,
    failed,
  };
}

function pairOutcome(answer: PairAnswer, satisfied: readonly PolicyTerms[]): PolicyOutcome {
  if (answer.misfit !== null || answer.failed.length > 0 || satisfied.length === 0) return 'deny';
  if (satisfied.some((terms) => terms.role === 'forbid')) return 'deny';
  return satisfied.some((terms) => terms.role === 'require_approval') ? 'require_approval' : 'allow';
}

function voice(terms: PolicyTerms): PolicyVoice {
  return {
    policy: terms.id,
    effect: terms.role === 'forbid' ? 'forbid' : 'permit',
    outcome: terms.role === 'forbid' ? null : terms.role,
    reason: terms.reason,
  };
}

function denied(
  denialCode: NonNullable<PolicyDecision['denialCode']>,
  determining: readonly string[],
  reasons: readonly string[],
): Omit<PolicyDecision, 'version' | 'pairs' | 'facts'> {
  return {
    outcome: 'deny',
    determining: [...determining].sort(),
    gates: [],
    windowSeconds: LIMITS.decisionWindowSecondsDefault,
    maxTtl: null,
    maxUses: null,
    stepUp: null,
    slack: null,
    reasons,
    denialCode,
  };
}

/** A Slack click cannot carry an assertion: whoever demands step-up leaves Slack only the denial. */
function channelsOf(asking: readonly PolicyTerms[]): Required<Pick<PolicyDecision, 'stepUp' | 'slack'>> {
  const stepUp = asking.some((terms) => terms.stepUp !== null) ? 'webauthn' : null;
  const denyOnly = stepUp !== null || asking.some((terms) => terms.slack !== null);
  return { stepUp, slack: denyOnly ? 'deny_only' : null };
}

function gatesOf(asking: readonly PolicyTerms[]): Gate[] {
  const quorums = new Map<string, number>();
  for (const { gate } of asking) {
    if (gate !== null) quorums.set(gate.group, Math.max(gate.quorum, quorums.get(gate.group) ?? 0));
  }
  return [...quorums].sort(([a], [b]) => (a < b ? -1 : 1)).map(([group, quorum]) => ({ group, quorum }));
}

function least(values: readonly (number | null)[]): number | null {
  const given = values.filter((value) => value !== null);
  return given.length === 0 ? null : Math.min(...given);
}

function reasonsOf(terms: readonly PolicyTerms[]): string[] {
  return distinct(terms.flatMap(({ reason }) => (reason === null ? [] : [reason])));
}

function idOf(terms: PolicyTerms): string {
  return terms.id;
}

function distinct<T>(values: readonly T[]): T[] {
  return [...new Set(values)];
}
