import type * as bodies from './escalation.dto.js';
import { CALL, PAYMENTS, TASK, type ExamplesOf } from '../story.examples.js';

export const EXAMPLES_OF_ASKS: ExamplesOf<typeof bodies> = {
  EscalationBody: {
    resource: PAYMENTS,
    authorization_details: [CALL],
    requested_ttl: 300,
    max_uses: 1,
    task: TASK,
    justification: 'The customer paid twice.',
    evidence: [{ title: 'Ticket', url: 'https://tickets.example/OPS-1' }],
  },
};
