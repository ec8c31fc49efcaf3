import { type ExamplesOf, PAYMENTS } from '../story.examples.js';
import type * as catalogue from './catalogue.dto.js';

export const EXAMPLES_OF_CATALOGUE: ExamplesOf<typeof catalogue> = {
  CatalogueAnswer: {
    agent: 'support-bot',
    agents: [{ id: 'support-bot', name: 'Support bot' }],
    resources: [
      {
        resource: PAYMENTS,
        name: 'Payments',
        actions: [{ action: 'payment.read', risk: 'low', arguments: null, identifier: 'optional', permitted: true }],
      },
    ],
  },
};
