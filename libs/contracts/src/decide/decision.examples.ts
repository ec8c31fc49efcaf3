import { DIGEST, type ExamplesOf } from '../story.examples.js';
import type * as decisions from './decision.dto.js';
import { FOR_PEOPLE } from './escalation-for-people.examples.js';

export const EXAMPLES_OF_DECISIONS: ExamplesOf<typeof decisions> = {
  DecisionAnswer: { vote: 'settled', warning: null, escalation: FOR_PEOPLE },
  DecisionBody: { verdict: 'approve', digest: DIGEST, limits: { ttl: 120 } },
};
