import type { Context, Escalation, May } from '../../api/types.js';

/**
 * What this person may do, seen with the request as it stands: the two are read apart, and a permission that is older
 * than the request offers nothing that the request has left behind. `null` until the broker has said. Whether a vote
 * under this id is theirs is for the broker to say: only a vote that it had not seen then takes the permission away.
 */
export function mayNow(ask: Escalation, context: Context | null, person: string): May | null {
  const may = context?.may ?? null;
  if (context === null || may === null) return null;
  const revoke = may.revoke && livesOf(ask);
  if (ask.status !== 'pending') return { decide: false, why_not: 'already_decided', revoke, nudge: false };
  const votesIn = (votes: readonly { readonly person: string }[]): number =>
    votes.filter((vote) => vote.person === person).length;
  const votedSince = votesIn(ask.votes) > votesIn(context.votes);
  return votedSince && may.decide ? { ...may, decide: false, why_not: 'already_voted', revoke } : { ...may, revoke };
}

/** Whether there is a grant that can still be ended. */
export function livesOf({ grant }: Pick<Escalation, 'grant'>): boolean {
  return grant?.status === 'ready' || grant?.status === 'active';
}
