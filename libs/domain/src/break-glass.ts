import type { Gate, PolicyDecision } from './policy-decision.js';

/** A decision as far as it can favour the one who asks. */
type Outcome = Pick<PolicyDecision, 'outcome' | 'gates' | 'stepUp' | 'slack'>;

const FAVOUR = { deny: 0, require_approval: 1, allow: 2 } as const;

/**
 * True when break-glass was used: policy decided more in the asker's favour than it would have without the word. A word
 * that changes nothing is an ordinary request.
 * @param declared the decision on the request as it was made; @param ordinary the one on the same without break-glass
 */
export function breakGlassUsed(declared: Outcome, ordinary: Outcome): boolean {
  if (declared.outcome !== ordinary.outcome) return FAVOUR[declared.outcome] > FAVOUR[ordinary.outcome];
  if (declared.outcome !== 'require_approval') return false;
  return skippedGates(declared.gates, ordinary.gates).length > 0 || asksLightly(declared, ordinary);
}

/** True when people may answer with less than they ordinarily must: no passkey, or a click where a page was demanded. */
function asksLightly(declared: Outcome, ordinary: Outcome): boolean {
  const eased = (asked: string | null | undefined, must: string | null | undefined): boolean =>
    (must ?? null) !== null && (asked ?? null) === null;
  return eased(declared.stepUp, ordinary.stepUp) || eased(declared.slack, ordinary.slack);
}

/** The groups that would have been asked and now are not, or for fewer of their people; sorted. */
export function skippedGates(declared: readonly Gate[], ordinary: readonly Gate[]): string[] {
  const asked = new Map(declared.map((gate) => [gate.group, gate.quorum]));
  return ordinary.filter((gate) => (asked.get(gate.group) ?? 0) < gate.quorum).map((gate) => gate.group);
}

/** True when a justification says enough for an emergency: 20 characters and more, spaces at its ends not counted. */
export function justifiesBreakGlass(justification: string | null): boolean {
  return [...(justification ?? '').trim()].length >= BREAK_GLASS_JUSTIFICATION_MIN;
}

export const BREAK_GLASS_JUSTIFICATION_MIN = 20;
