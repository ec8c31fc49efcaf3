import { ASKED, DEADLINE, ESCALATION, type ExamplesOf, GRANT, PAYMENTS, RESOURCE } from '../story.examples.js';
import type * as agents from './agents.dto.js';

export const AGENT: agents.AgentAnswer = {
  id: 'support-bot',
  name: 'Support bot',
  owner: 'alice',
  owner_name: 'Alice Ames',
  groups: ['support'],
  status: 'active',
  counts: { pending: 1, live_grants: 1, granted_last_day: 7, denied_last_day: 0 },
  highest_risk: 'high',
  may: { suspend: true, resume: false },
};
const HELD: agents.AgentAskAnswer = {
  escalation: ESCALATION,
  grant: GRANT,
  status: 'active',
  risk: 'high',
  ...RESOURCE,
  actions: ['refund.create'],
  created_at: ASKED,
  ends_at: '2026-11-22T09:03:12.402Z',
  uses: 0,
  max_uses: 1,
  outcome: null,
  may_read: true,
};

export const EXAMPLES_OF_AGENTS: ExamplesOf<typeof agents> = {
  AgentPageAnswer: { items: [AGENT], next_cursor: null },
  WholeAgentAnswer: {
    ...AGENT,
    authenticates_by: 'jwks',
    suspension: null,
    suspending_ends: { live_grants: 1, pending: 1, handed_on: 0 },
    may_ask: [
      {
        resource: PAYMENTS,
        name: 'Payments',
        max_token_ttl: 300,
        actions: [{ action: 'payment.read', risk: 'low', arguments: null, identifier: 'optional', outcome: 'allow' }],
      },
    ],
    holds: [HELD],
    asks: [{ ...HELD, grant: null, status: 'pending', ends_at: DEADLINE }],
    lately: [{ ...HELD, status: 'completed', ends_at: null, uses: 1, outcome: 'succeeded' }],
  },
};
