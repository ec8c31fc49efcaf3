import type { Ineligibility } from '#domain/approval/eligibility.js';
import { refuse, type Refusal } from '#domain/refusal.js';

const WHY: Record<Ineligibility, string> = {
  unknown_person: 'You are not a person this broker knows.',
  not_an_approver: 'You do not hold the approver role.',
  not_in_group: 'You are in none of the groups that this request asks.',
  owner_of_the_agent: 'You own the agent that asks; someone else must decide.',
  in_the_delegation_chain: 'The request was made on your behalf; someone else must decide.',
};

/** Why a person may not decide, as a refusal. */
export function notEligible(why: Ineligibility): Refusal {
  return refuse('not_eligible', WHY[why], { facts: { why } });
}
