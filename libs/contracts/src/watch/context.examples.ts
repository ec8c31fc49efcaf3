import { ASKED, DEADLINE, DECIDED, type ExamplesOf, PAYMENTS } from '../story.examples.js';
import type * as context from './context.dto.js';
import { MAY } from './inbox.examples.js';

const BEFORE: Omit<context.BeforeAnswer, 'before_at'> = {
  recent_grants: [{ action: 'payment.read', resource: PAYMENTS, count: 3, last_at: ASKED }],
  same_ask: {
    approved: 4,
    denied: 1,
    last: { status: 'approved', at: ASKED },
    denials: [{ by: 'bob', name: 'Bob Brook', reason: 'The order was refunded already.', at: ASKED }],
  },
};
const CONTEXT: context.ContextAnswer = {
  agent: { id: 'support-bot', name: 'Support bot', owner: 'alice', owner_name: 'Alice Ames', status: 'active' },
  before_at: DECIDED,
  ...BEFORE,
  chain: [],
  votes: [
    {
      person: 'bob',
      name: 'Bob Brook',
      verdict: 'approve',
      reason: null,
      limits: { ttl: 120 },
      via: 'slack',
      at: DECIDED,
      stepped_up: false,
      shown: { before_at: ASKED, ...BEFORE },
      shown_missing: null,
    },
  ],
  clock: {
    asked_at: ASKED,
    decide_before: DEADLINE,
    steps: [
      { at: '2026-11-22T09:07:30.000Z', step: 'reminder', done: false },
      { at: '2026-11-22T09:12:00.000Z', step: 'deputy_asked', group: 'platform-oncall', done: false },
      { at: DEADLINE, step: 'lapses', done: false },
    ],
  },
  on_card: true,
  comments: [],
  timeline: [
    { at: ASKED, type: 'escalation.requested', text: 'support-bot asked' },
    { at: DECIDED, type: 'vote.recorded', text: 'Bob Brook approved for less in Slack' },
  ],
  step_up: null,
  slack: null,
  break_glass: null,
  folded: [],
  may: MAY,
};

export const EXAMPLES_OF_CONTEXT: ExamplesOf<typeof context> = {
  ContextAnswer: CONTEXT,
};
