import { whyNotEligible, type Judged } from '#domain/approval/timetable.js';
import { isOf, type Ineligibility, type Voter } from '#domain/approval/eligibility.js';
import type { EscalationStatus } from '#domain/escalation/lifecycle.js';
import type { VoteRow } from './rows/vote.js';
import { escalationState } from './state-now.js';
import { endedByKill } from './counting-votes.js';

/** What must be known of a request; its `digest` where somebody says what they were shown. */
type Asked = Judged & Parameters<typeof escalationState>[0] & { readonly digest?: string };

/** Why a person may not vote on a request, by the code of the refusal. `own`: the vote they cast on it. */
export type WhyNotVote =
  | { readonly code: 'not_eligible'; readonly why: Ineligibility }
  | { readonly code: 'stale_digest' }
  | { readonly code: 'already_decided'; readonly status: EscalationStatus; readonly own: VoteRow | null }
  | { readonly code: 'already_voted'; readonly own: VoteRow; readonly endedByKill: boolean };

/** Of whom nobody says what they were shown, nobody can say that it is old. */
type WhyNotVoteOn<Shown> = [Shown] extends [null] ? Exclude<WhyNotVote, { readonly code: 'stale_digest' }> : WhyNotVote;

/**
 * The one rule of who may vote on a request: REST, the console, the inbox, Slack, a passkey's ceremony and the decision
 * itself ask it. A person has one vote on a request; one that a kill switch ended was cast all the same, so it is not
 * cast again. Somebody who bore the same id before is somebody else.
 * @param voter the person as the configuration in force knows them, `null` for whom it does not
 * @param votes all votes on this request
 * @param shown the digest that they were shown; `null` where they are shown the request as it stands
 * @param now epoch milliseconds of the database clock
 * @returns the first thing in their way, or `null`
 */
export function whyNotVote<Shown extends string | null>(
  row: Asked,
  voter: Voter | null,
  votes: readonly VoteRow[],
  shown: Shown,
  now: number,
): WhyNotVoteOn<Shown> | null;
export function whyNotVote(
  row: Asked,
  voter: Voter | null,
  votes: readonly VoteRow[],
  shown: string | null,
  now: number,
): WhyNotVote | null {
  const why = whyNotEligible(row, voter, now);
  if (voter === null || why !== null) return { code: 'not_eligible', why: why ?? 'unknown_person' };
  if (shown !== null && shown !== row.digest) return { code: 'stale_digest' };
  const { status } = escalationState(row, now);
  const own = votes.find((vote) => isOf(vote, voter)) ?? null;
  if (status !== 'pending') return { code: 'already_decided', status, own };
  return own === null ? null : { code: 'already_voted', own, endedByKill: endedByKill(own) };
}

/**
 * True when the person has said just this before, so that saying it again is answered and not refused: a client that lost
 * the answer sends its decision once more. An approval that was ended is no answer.
 */
export function isRepeated(why: WhyNotVote, verdict: VoteRow['verdict']): boolean {
  if (why.code === 'already_decided') return why.own?.verdict === verdict;
  return why.code === 'already_voted' && why.own.verdict === verdict && !why.endedByKill;
}
