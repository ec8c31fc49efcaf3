import { invariant } from '#domain/refusal.js';
import { refused, Repeated, type Deciding, type Held, type Stopped, type Votable } from './deciding.js';
import { voteRefusal } from './vote-refusal.js';
import { isRepeated, whyNotVote } from '../why-not-vote.js';

/** Refuses a person who may not vote on this request, whatever they say; what they already said just so is answered. */
export async function refuseWhoMayNotVote(context: Deciding & Held): Promise<Votable | Stopped> {
  const { tx, decision, row, votes, now, resource } = context;
  const voter = await tx.people.byId(decision.person);
  const why = whyNotVote(row, voter, votes, decision.digest, now);
  if (why !== null && isRepeated(why, decision.verdict))
    return new Repeated({ vote: row.status === 'pending' ? 'recorded' : 'settled' });
  if (why !== null) return refused(context, voteRefusal(why));
  invariant(voter !== null && resource !== null, 'only people of the configuration vote, on what it has');
  return { ...context, resource, voter };
}
