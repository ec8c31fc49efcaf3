import type * as nudges from './nudge.dto.js';
import { DECIDED, ESCALATION, type ExamplesOf } from '../story.examples.js';

export const EXAMPLES_OF_NUDGES: ExamplesOf<typeof nudges> = {
  NudgeBody: {},
  NudgeAnswer: { escalation: ESCALATION, nudged_at: DECIDED },
};
