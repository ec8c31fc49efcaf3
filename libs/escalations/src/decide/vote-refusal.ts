import { refuse, type Refusal } from '#domain/refusal.js';
import { VOTE_ENDED_BY_KILL_SWITCH, whyNotSentence } from '#domain/words/why-not-words.js';
import { notEligible } from './not-eligible.js';
import type { WhyNotVote } from '../why-not-vote.js';

/** Why a person may not vote, as the refusal that every door gives. */
export function voteRefusal(why: WhyNotVote): Refusal {
  switch (why.code) {
    case 'not_eligible':
      return notEligible(why.why);
    case 'stale_digest':
      return refuse('stale_digest', 'What you were shown is not what is asked.');
    case 'already_decided':
      return refuse('already_decided', `This request is already ${why.status}.`, { facts: { status: why.status } });
    case 'already_voted':
      return why.endedByKill
        ? refuse('already_voted', VOTE_ENDED_BY_KILL_SWITCH, { facts: { ended_by: 'kill_switch' } })
        : refuse('already_voted', whyNotSentence('already_voted'));
  }
}
