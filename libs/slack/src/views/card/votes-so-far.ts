import { heading, sections, type WritBlock } from '../block-kit.js';
import { fold } from '../fold.js';
import * as facts from './card-facts.js';
import type { ApprovalCardModel } from './card-model.js';
import { QUOTE } from '../quoted.js';

/** Notes of other voters past this are in the record; of the request itself a modal leaves nothing out. */
const VOTES_MAX = 9_000;

/** What each voter said and cut, for a modal; nothing before the first vote. */
export function votesSoFar({ decidedBy }: ApprovalCardModel): WritBlock[] {
  const lines = facts.voteLines(decidedBy);
  if (lines.length === 0) return [];
  const { shown, hidden } = fold(lines.join('\n'), VOTES_MAX);
  const more = hidden === 0 ? [] : [`… ${hidden} more characters in the record`];
  return [heading('Votes so far'), ...sections([...shown.split('\n'), ...more], QUOTE)];
}
