import type { EscalationRequest, ToolCall } from '#domain/authority/authorization-details.js';
import type { PolicyDecision } from '#domain/policy-decision.js';
import type { Denial } from '../rows.js';

/**
 * A policy's denial as the agent reads it: a code, the policy's own words and the next legal step.
 * `whatIf` decides a variation of the request, so that the advice is what policy would really say.
 */
export function policyDenial(
  policy: PolicyDecision,
  request: EscalationRequest,
  whatIf: (other: EscalationRequest) => PolicyDecision,
): Denial {
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
      next: { action: ticketWouldHelp(request, whatIf) ? 'add_ticket' : 'contact_owner' },
    };
  }
  return {
    by: 'policy',
    code,
    reason: reason === '' ? 'A policy forbids this request.' : reason,
    next: { action: ticketWouldHelp(request, whatIf) ? 'add_ticket' : 'none' },
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

function ticketWouldHelp(request: EscalationRequest, whatIf: (other: EscalationRequest) => PolicyDecision): boolean {
  if (request.task.ticket !== null) return false;
  return whatIf({ ...request, task: { ...request.task, ticket: 'ANY-1' } }).outcome !== 'deny';
}
