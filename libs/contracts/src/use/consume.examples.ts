import { type ExamplesOf, TOKEN } from '../story.examples.js';
import type * as uses from './consume.dto.js';

export const EXAMPLES_OF_CONSUMING: ExamplesOf<typeof uses> = {
  ConsumeBody: {
    token: TOKEN,
    action: 'refund.create',
    identifier: 'order/8812',
    arguments: { order: '8812', amount: 4000 },
    call_id: 'call-1',
  },
  ConsumeAnswer: { allowed: true, use: 1, remaining: 0 },
};
