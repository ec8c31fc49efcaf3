import { eligibleSitters, type Candidate, type Interested } from '#domain/approval/eligibility.js';
import { seat } from '#domain/approval/quorum.js';
import type { EscalationRequest, ToolCall } from '#domain/authority/authorization-details.js';
import type { PolicyDecision } from '#domain/policy-decision.js';
import type { Judgement } from './judge-ask.js';
import type { Denial } from '../rows/escalation.js';

/** Why an ask is denied at once: by policy, or because too few may approve it. `null`: it is granted, or people are asked. */
export function deniedAtOnce(
  judgement: Judgement,
  people: readonly Candidate[],
  interested: Interested,
): Denial | null {
  if (judgement.policy.outcome === 'deny') return policyDenial(judgement);
  return canBeSeated(judgement.policy, people, interested) ? null : noEligibleApprovers();
}

/** False when policy asks people of whom too few may judge this: such an ask is denied. */
export function canBeSeated(
  policy: Pick<PolicyDecision, 'outcome' | 'gates'>,
  people: readonly Candidate[],
  interested: Interested,
): boolean {
  if (policy.outcome !== 'require_approval') return true;
  return seat(policy.gates, eligibleSitters(people, policy.gates, interested)).complete;
}

/**
 * A policy's denial as the agent reads it: a code, the policy's own words and the next legal step, which is what policy
 * would really say.
 */
export function policyDenial({ policy, request, whatIf }: Judgement): Denial {
  const code = policy.denialCode ?? 'policy_denied';
  const reason = policy.reasons.join(' ');
  if (code === 'policy_error') {
    return {
      by: 'policy',
      code,
      reason: 'A policy could not be evaluated; the request was denied.',
      next: { action: 'contact_owner' },
    };
  }
  const largest_allowed = allowedPart(policy, request);
  if (largest_allowed.length > 0) {
    const words = reason === '' ? 'Part of this request is not allowed.' : reason;
    return { by: 'policy', code, reason: words, next: { action: 'ask_less', largest_allowed } };
  }
  if (code === 'no_matching_policy') {
    return {
      by: 'policy',
      code,
      reason: 'No policy allows this request.',
      next: { action: ticketWouldHelp({ request, whatIf }) ? 'add_ticket' : 'contact_owner' },
    };
  }
  return {
    by: 'policy',
    code,
    reason: reason === '' ? 'A policy forbids this request.' : reason,
    next: { action: ticketWouldHelp({ request, whatIf }) ? 'add_ticket' : 'none' },
  };
}

/** The elements, each with those of its actions, that policy did not deny. */
export function allowedPart(policy: PolicyDecision, request: EscalationRequest): ToolCall[] {
  return request.authorization_details.flatMap((element, index) => {
    const actions = element.actions.filter((action) =>
      policy.pairs.some((pair) => pair.element === index && pair.action === action && pair.outcome !== 'deny'),
    );
    return actions.length === 0 ? [] : [{ ...element, actions }];
  });
}

/** The denial of a request whose gates the people who may judge it cannot fill. */
export function noEligibleApprovers(): Denial {
  return {
    by: 'policy',
    code: 'no_eligible_approvers',
    reason: 'Too few people may approve this for this agent.',
    next: { action: 'contact_owner' },
  };
}

function ticketWouldHelp({ request, whatIf }: Pick<Judgement, 'request' | 'whatIf'>): boolean {
  if (request.task.ticket !== null) return false;
  return whatIf({ ...request, task: { ...request.task, ticket: 'ANY-1' } }).outcome !== 'deny';
}
