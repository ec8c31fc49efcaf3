import type { Escalation, May } from '../../api/types.js';

/**
 * What this person may do, seen with the request as it stands: the two are read apart, and a permission that is older
 * than the request offers nothing that the request has left behind. `null` until the broker has said.
 */
export function mayNow(ask: Escalation, may: May | null, person: string): May | null {
  if (may === null) return null;
  const revoke = may.revoke && livesOf(ask);
  if (ask.status !== 'pending') return { decide: false, why_not: 'already_decided', revoke, nudge: false };
  const voted = ask.votes.some((vote) => vote.person === person);
  return voted && may.decide ? { ...may, decide: false, why_not: 'already_voted', revoke } : { ...may, revoke };
}

/** Whether there is a grant that can still be ended. */
export function livesOf({ grant }: Pick<Escalation, 'grant'>): boolean {
  return grant?.status === 'ready' || grant?.status === 'active';
}
