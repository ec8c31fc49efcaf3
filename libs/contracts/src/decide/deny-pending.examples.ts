import type { ExamplesOf } from '../story.examples.js';
import type * as denials from './deny-pending.dto.js';

export const EXAMPLES_OF_DENYING_PENDING: ExamplesOf<typeof denials> = {
  DenyPendingBody: { reason: 'It asks the same over and over.' },
  DeniedAnswer: { agent: 'support-bot', denied: 12 },
};
