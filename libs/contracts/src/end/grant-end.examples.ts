import type { ExamplesOf } from '../story.examples.js';
import type * as ends from './grant-end.dto.js';

export const EXAMPLES_OF_GRANT_ENDS: ExamplesOf<typeof ends> = {
  CompletionBody: { outcome: 'succeeded', summary: 'Refunded order 8812.' },
  RevokeBody: { reason: 'The order was refunded by hand.' },
};
