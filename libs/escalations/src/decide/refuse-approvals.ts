import { approveIn } from '#domain/approval/signed-approval.js';
import { refuse, type Refusal } from '#domain/refusal.js';
import { limitsOf } from './approver-limits.js';
import { useSignature } from './signed-vote.js';
import { refused, type Votable } from './deciding.js';
import { votesThatCount } from './votes-that-count.js';

/** Refuses an approval in Slack where policy wants it given in the console. */
export async function refuseApprovalInSlack(context: Votable): Promise<Votable | Refusal> {
  const { decision, row } = context;
  const where = approveIn(row.policy);
  if (decision.verdict === 'deny' || decision.via !== 'slack' || where === 'slack') return context;
  const refusal = refuse('slack_deny_only', 'Policy lets nobody approve this in Slack; approve it in the console.', {
    facts: { approve_in: where },
  });
  return refused(context, refusal);
}

/**
 * Refuses cuts that are wrong by themselves or beside the votes cast before, and an approval under which the cuts that
 * count now would leave more than a token can carry: those may be fewer than were cast.
 */
export async function refuseUnfitCuts(context: Votable): Promise<Votable | Refusal> {
  const { tools, decision, row, votes, resource } = context;
  const { verdict, limits } = decision;
  const own = limits === null ? null : tools.cuts.judge(row, resource, limits, votes);
  if (own !== null) return refused(context, own);
  if (verdict === 'deny') return context;
  const cuts = limitsOf(await votesThatCount(context, votes));
  if (cuts.length === 0) return context;
  const together = tools.cuts.carried(row, resource, limits === null ? cuts : [...cuts, limits]);
  return together === null ? context : refused(context, together);
}

/** Uses up the passkey's signature, or refuses an approval that policy wants signed and that nobody signed so. */
export async function refuseUnsigned(context: Votable): Promise<Votable | Refusal> {
  const { tx, decision, row, now } = context;
  const refusal = await useSignature(tx, row, decision, now);
  return refusal === null ? context : refused(context, refusal);
}
