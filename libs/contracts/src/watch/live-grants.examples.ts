import { DECIDED, ESCALATION, type ExamplesOf, GRANT, PAYMENTS, RESOURCE } from '../story.examples.js';
import type * as live from './live-grants.dto.js';

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

export const EXAMPLES_OF_LIVE_GRANTS: ExamplesOf<typeof live> = {
  LiveGrantPageAnswer: { view: 'all', items: [LIVE_GRANT], next_cursor: null },
  LiveFiguresAnswer: {
    view: 'all',
    active: { total: 44, by_risk: { high: 41, medium: 3, low: 0 }, more: false },
    ready: { total: 10_000, by_risk: { high: 0, medium: 12, low: 9_988 }, more: true },
    agents: [{ id: 'support-bot', name: 'Support bot', count: 10_044 }],
    resources: [{ id: PAYMENTS, name: 'Payments', count: 10_044 }],
  },
};
