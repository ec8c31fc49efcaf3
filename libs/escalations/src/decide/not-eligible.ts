import type { Ineligibility } from '#domain/approval/eligibility.js';
import { refuse, type Refusal } from '#domain/refusal.js';
import { whyNotSentence } from '#domain/words/why-not-words.js';

/** Why a person may not decide, as a refusal. */
export function notEligible(why: Ineligibility): Refusal {
  return refuse('not_eligible', whyNotSentence(why), { facts: { why } });
}
