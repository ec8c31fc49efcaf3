import type { WhyNot } from '../approval/eligibility.js';

/** Why a person may not decide a request, as a clause said to them. A reason without its words does not compile. */
const WHY_NOT: Readonly<Record<WhyNot, string>> = {
  unknown_person: 'Writ does not know you, or no longer does',
  not_an_approver: 'you do not have the approver role',
  not_in_group: 'you are not in a group that this request asks',
  owner_of_the_agent: 'you own this agent, so others decide',
  in_the_delegation_chain: 'this was asked on your behalf, or on behalf of an agent of yours, so others decide',
  already_decided: 'this request was decided before',
  already_voted: 'you have already voted on this request, and a vote does not change',
};

/** Said to a person whose vote a kill switch ended, and who votes again. */
export const VOTE_ENDED_BY_KILL_SWITCH =
  'A kill switch ended your approval of this request, and nobody votes on a request twice.';

/** Why this person may not decide, as a clause: `you own this agent, so others decide`. */
export function whyNotWords(why: WhyNot): string {
  return WHY_NOT[why];
}

/** The same as a sentence: `You own this agent, so others decide.` */
export function whyNotSentence(why: WhyNot): string {
  return sentenceOf(WHY_NOT[why]);
}

/** The same of a value from the wire or a fact of a refusal; `null` for what is no reason that this version knows. */
export function whyNotWordsOf(why: unknown): string | null {
  return isWhyNot(why) ? WHY_NOT[why] : null;
}

/** A clause of this table as a sentence of its own. */
export function sentenceOf(clause: string): string {
  return `${clause.charAt(0).toUpperCase()}${clause.slice(1)}.`;
}

function isWhyNot(why: unknown): why is WhyNot {
  return typeof why === 'string' && Object.hasOwn(WHY_NOT, why);
}
