import type * as bodies from './requests.dto.js';
import { DIGEST, TOKEN, type ExamplesOf } from './story.examples.js';

export const EXAMPLES_OF_REQUESTS: ExamplesOf<typeof bodies> = {
  DecisionBody: { verdict: 'approve', digest: DIGEST, limits: { ttl: 120 } },
  CompletionBody: { outcome: 'succeeded', summary: 'Refunded order 8812.' },
  RevokeBody: { reason: 'The order was refunded by hand.' },
  SuspendBody: { reason: 'It asks for what it has no task for.' },
  SessionBody: { code: 'b25lLXRpbWUtbG9naW4tY29kZQ' },
  ConsumeBody: {
    token: TOKEN,
    action: 'refund.create',
    identifier: 'order/8812',
    arguments: { order: '8812', amount: 4000 },
    call_id: 'call-1',
  },
};
