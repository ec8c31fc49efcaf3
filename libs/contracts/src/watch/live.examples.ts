import { AGENT } from '../configure/console.examples.js';
import type * as live from './live.dto.js';
import { ASKED, DEADLINE, DECIDED, ESCALATION, GRANT, PAYMENTS, type ExamplesOf } from '../story.examples.js';

const RESOURCE = { resource: PAYMENTS, resource_name: 'Payments' };
const LIVE_GRANT: live.LiveGrantAnswer = {
  id: GRANT,
  escalation: ESCALATION,
  status: 'active',
  risk: 'high',
  agent: 'support-bot',
  agent_name: 'Support bot',
  ...RESOURCE,
  actions: ['refund.create'],
  authorization_details: [{ type: 'tool_call', actions: ['refund.create'], identifier: 'order/8812' }],
  ends_at: '2026-11-22T09:03:12.402Z',
  max_uses: 1,
  uses: 0,
  created_at: DECIDED,
  may_revoke: true,
};
const HELD: live.AgentAskAnswer = {
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

export const EXAMPLES_OF_LIVE: ExamplesOf<typeof live> = {
  LiveGrantPageAnswer: { view: 'all', items: [LIVE_GRANT], next_cursor: null },
  LiveFiguresAnswer: {
    view: 'all',
    active: { total: 44, by_risk: { high: 41, medium: 3, low: 0 }, more: false },
    ready: { total: 10_000, by_risk: { high: 0, medium: 12, low: 9_988 }, more: true },
    agents: [{ id: 'support-bot', name: 'Support bot', count: 10_044 }],
    resources: [{ id: PAYMENTS, name: 'Payments', count: 10_044 }],
  },
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
