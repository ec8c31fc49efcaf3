import { APPROVED } from '../ask/escalation-answers.examples.js';
import type { SaidCallAnswer } from '../said-calls.dto.js';
import { CALL, type ExamplesOf, GRANT_DIGEST, PAYMENTS, TASK } from '../story.examples.js';
import type * as escalations from './escalation-for-people.dto.js';
import { VOTE } from './vote.examples.js';

const SAID_CALL: SaidCallAnswer = {
  actions: [{ action: 'refund.create', sentence: 'Refund 40.00 EUR for order 8812' }],
  identifier: 'order/8812',
  arguments: [{ name: 'amount', title: 'Amount', value: 4000, shown: '40.00 EUR', read_by_policy: true }],
};
export const FOR_PEOPLE: escalations.EscalationForPeopleAnswer = {
  ...APPROVED,
  agent: 'support-bot',
  agent_name: 'Support bot',
  resource_name: 'Payments',
  owner: 'alice',
  owner_name: 'Alice Ames',
  risk: 'high',
  calls: [SAID_CALL],
  request: {
    resource: PAYMENTS,
    authorization_details: [CALL],
    requested_ttl: 300,
    max_uses: 1,
    task: TASK,
    justification: null,
    evidence: [],
    break_glass: false,
    chain: [],
  },
  reasons: ['Refunds move money.'],
  facts: { risk: 'high', requested_ttl: 300, has_ticket: true, recent_denials: 0 },
  grant_digest: GRANT_DIGEST,
  break_glass: null,
  votes: [VOTE],
};

export const EXAMPLES_OF_ESCALATIONS_FOR_PEOPLE: ExamplesOf<typeof escalations> = {
  EscalationForPeopleAnswer: FOR_PEOPLE,
};
