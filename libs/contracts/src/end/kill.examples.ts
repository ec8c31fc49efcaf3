import type { ExamplesOf } from '../story.examples.js';
import type * as kills from './kill.dto.js';

export const EXAMPLES_OF_KILLS: ExamplesOf<typeof kills> = {
  KillBody: { kind: 'task', id: 'support-bot/run-77', reason: 'The ticket was forged.' },
  KillAnswer: { kind: 'task', id: 'support-bot/run-77', ended: { grants: 1, asks: 2, approvals: 0 } },
};
