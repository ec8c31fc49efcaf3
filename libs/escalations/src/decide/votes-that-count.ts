import type { VoteRow } from '../rows/vote.js';
import { voteContent } from '../sealed-content.js';
import { countingVotes } from '../counting-votes.js';
import type { Votable } from './deciding.js';

/** Of these votes those that count now: under their seal, by people who may decide at this moment. */
export function votesThatCount(
  { tx, tools: { seals }, row, now }: Votable,
  votes: readonly VoteRow[],
): ReturnType<typeof countingVotes> {
  const sound = votes.filter((vote) => seals.sound('vote', vote.id, voteContent(vote), vote.mac));
  return countingVotes(tx, row, sound, now);
}
