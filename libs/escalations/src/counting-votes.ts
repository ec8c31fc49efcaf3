import { sittersAt } from '#domain/approval/timetable.js';
import { isOf, type Voter } from '#domain/approval/eligibility.js';
import { demandsSignature, statesDecision } from '#domain/approval/signed-approval.js';
import type { Reads } from './ports.js';
import type { EscalationRow } from './rows/escalation.js';
import type { VoteRow } from './rows/vote.js';

/**
 * The votes whose people may decide at `now`, each with the groups that its voter may sit for then. An approval that
 * policy wants signed counts only with its signature over this very decision, by a passkey that is sealed as that
 * person's. A vote of somebody who bore the same id before counts no more.
 */
export async function countingVotes(
  read: Pick<Reads, 'people' | 'passkeys'>,
  row: EscalationRow,
  votes: readonly VoteRow[],
  now: number,
): Promise<(VoteRow & { voter: { person: string; groups: readonly string[] } })[]> {
  const voters: Voter[] = [];
  const theirs: VoteRow[] = [];
  for (const vote of votes) {
    const voter = await read.people.byId(vote.person);
    if (voter === null || !isOf(vote, voter)) continue;
    if (vote.stepUp !== null && !(await read.passkeys.owns(voter, vote.stepUp.credential_id))) continue;
    voters.push(voter);
    theirs.push(vote);
  }
  const sitters = sittersAt(row, voters, now);
  return theirs.flatMap((vote) => {
    const sitter = sitters.find((candidate) => candidate.person === vote.person);
    if (sitter === undefined || vote.digest !== row.digest || !signedAsDemanded(row, vote)) return [];
    if (endedByKill(vote)) return [];
    return [{ ...vote, voter: sitter }];
  });
}

/**
 * True for an approval that a kill switch has ended. It was cast and stays on record; nobody votes twice on a request.
 * @param decidedAt of the request, where it is decided: what was ended later had counted
 */
export function endedByKill({ verdict, killedAt }: VoteRow, decidedAt: number | null = null): boolean {
  return verdict === 'approve' && killedAt !== null && (decidedAt === null || killedAt <= decidedAt);
}

function signedAsDemanded(row: EscalationRow, vote: VoteRow): boolean {
  if (vote.stepUp !== null) return statesDecision(vote.stepUp, row.id, vote);
  return vote.verdict === 'deny' || !demandsSignature(row.policy);
}
