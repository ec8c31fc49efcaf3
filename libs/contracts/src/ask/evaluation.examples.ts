import { AUTHORITY, type ExamplesOf, RULE } from '../story.examples.js';
import type * as evaluations from './evaluation.dto.js';

export const EXAMPLES_OF_EVALUATIONS: ExamplesOf<typeof evaluations> = {
  EvaluationAnswer: { outcome: 'require_approval', determining: [RULE], largest_allowed: AUTHORITY },
};
