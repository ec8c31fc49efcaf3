import { type ExamplesOf, PAYMENTS } from '../story.examples.js';
import type * as requestable from './requestable.dto.js';

export const EXAMPLES_OF_REQUESTABLE: ExamplesOf<typeof requestable> = {
  RequestableAnswer: {
    items: [
      {
        resource: PAYMENTS,
        name: 'Payments',
        max_token_ttl: 300,
        actions: [{ action: 'payment.read', risk: 'low', arguments: null, identifier: 'optional', outcome: 'allow' }],
      },
    ],
  },
};
