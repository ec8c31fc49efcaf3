import { seat } from '#domain/approval/quorum.js';
import { endGrant } from '../end/end-grant.js';
import type { Seals, Transaction } from '../ports.js';
import type { EscalationRow } from '../rows/escalation.js';
import type { GrantRow } from '../rows/grant.js';
import { SYSTEM } from '../rows/history.js';
import { chainSound, policyContent, requestSound, voteContent } from '../sealed-content.js';
import { countingVotes } from '../counting-votes.js';

/**
 * True when a grant may still become a token: every MAC matches, the request is the one that was decided, and those who
 * approved it may approve it at `now`. Asked at each collection and each renewal.
 */
export async function approvalStillValid(
  tx: Pick<Transaction, 'passkeys' | 'people' | 'votes'>,
  seals: Seals,
  escalation: EscalationRow,
  grant: GrantRow,
  now: number,
): Promise<boolean> {
  if (!seals.sound('policy', escalation.id, policyContent(escalation), escalation.policyMac)) return false;
  if (!chainSound(seals, grant)) return false;
  // These columns repeat what the seals cover; the token is written from them.
  if (!requestSound(escalation) || grant.agentId !== escalation.agentId) return false;
  if (escalation.policy.outcome === 'allow') return true;
  const votes = (await tx.votes.of(escalation.id)).filter((vote) =>
    seals.sound('vote', vote.id, voteContent(vote), vote.mac),
  );
  const counting = (await countingVotes(tx, escalation, votes, now)).filter((vote) => vote.verdict === 'approve');
  return seat(
    escalation.policy.gates,
    counting.map((vote) => vote.voter),
  ).complete;
}

/** Ends a grant whose approval stands no more. */
export async function withdraw(
  tx: Pick<Transaction, 'endings' | 'journal'>,
  grant: GrantRow,
  now: number,
  detail: string,
): Promise<void> {
  await endGrant(tx, grant, { change: 'revoked', reason: 'policy_changed', actor: SYSTEM, now, data: { detail } });
}
