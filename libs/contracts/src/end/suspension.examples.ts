import type { ExamplesOf } from '../story.examples.js';
import type * as suspensions from './suspension.dto.js';

export const EXAMPLES_OF_SUSPENSIONS: ExamplesOf<typeof suspensions> = {
  SuspendBody: { reason: 'It asks for what it has no task for.' },
  AgentStandingAnswer: { agent: 'support-bot', suspended: true },
};
