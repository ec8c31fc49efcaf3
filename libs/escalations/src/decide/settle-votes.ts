import { whyNotEligible } from '#domain/approval/timetable.js';
import { resolve } from '#domain/approval/quorum.js';
import { grantDigest } from '#domain/authority/digest.js';
import { about } from '../about.js';
import { limitsOf } from './approver-limits.js';
import { denyEscalation, type Denying } from './deny-escalation.js';
import { denyLate, judgeAgain } from '../judge/judge-again.js';
import { limitsOfAncestors } from '../ask/parent-grant.js';
import type { Actor } from '../rows/history.js';
import type { VoteRow } from '../rows/vote.js';
import { policyContent, requestSound } from '../sealed-content.js';
import { grantedAuthority, issueGrant } from '../settle.js';
import type { Recorded, Votable } from './deciding.js';
import { votesThatCount } from './votes-that-count.js';

/** Counts the votes that count now: one denial ends the request, enough approvals grant it, fewer leave it open. */
export async function settleVotes(context: Votable): Promise<Recorded> {
  const { tx, tools, row, votes, now } = context;
  const counting = await votesThatCount(context, votes);
  const denial = counting.find((vote) => vote.verdict === 'deny');
  const approvals = counting.filter((vote) => vote.verdict === 'approve');
  const sound = requestSound(row) && tools.seals.sound('policy', row.id, policyContent(row), row.policyMac);
  const outcome = resolve(
    row.policy.gates,
    sound ? approvals.map((vote) => vote.voter) : [],
    denial === undefined ? 0 : 1,
  );
  if (outcome === 'denied') return { vote: 'settled', denied: await deny(context, denial as VoteRow) };
  if (outcome === 'approved') await approve(context, approvals);
  else await tx.escalations.change(row.id, row.version, { change: 'voted', now });
  return { vote: outcome === 'open' ? 'recorded' : 'settled' };
}

function deny({ tx, row, registries, now }: Votable, { person, reason }: VoteRow): Promise<number> {
  const denying: Denying = {
    actor: { kind: 'person', id: person },
    code: 'denied_by_approver',
    reason: reason ?? '',
    limits: registries.current.catalog.limits,
    mayDeny: async (other, at) => whyNotEligible(other, await tx.people.byId(person), at) === null,
  };
  return denyEscalation(tx, row, denying, now);
}

/** Asks policy once more, and grants what it, the votes and the grants above leave. */
async function approve(context: Votable, approvals: readonly VoteRow[]): Promise<void> {
  const { tx, tools, decision, row, registries, resource, now } = context;
  const actor: Actor = { kind: 'person', id: decision.person };
  const limits = [...limitsOf(approvals), ...limitsOfAncestors(row, now)];
  const again = await judgeAgain(tx, registries, row, approvals, limits, now);
  if ('denial' in again) return denyLate(tx, row, again, approvals, now);
  const granted = grantedAuthority(row.request, row.policy, [...limits, again.caps]);
  const { cuts, ...authority } = granted;
  const digest = grantDigest(row.id, row.digest, authority);
  await tx.escalations.change(row.id, row.version, { change: 'approved', now, granted, grantDigest: digest });
  const approvers = approvals.map((vote) => vote.person);
  await tx.journal.record(
    [about(row).says('escalation.approved', actor, { grant_digest: digest, cuts, approvers })],
    now,
  );
  await issueGrant(tx, tools, row, { granted, resource }, actor, now);
}
