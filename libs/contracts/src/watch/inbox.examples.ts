import { FOR_PEOPLE } from '../answers.examples.js';
import type * as inbox from './inbox.dto.js';
import { ASKED, DEADLINE, DECIDED, ESCALATION, PAYMENTS, RULE, type ExamplesOf } from '../story.examples.js';

const MAY: inbox.MayAnswer = { decide: false, why_not: 'already_decided', revoke: true, nudge: false };
const BEFORE: Omit<inbox.BeforeAnswer, 'before_at'> = {
  recent_grants: [{ action: 'payment.read', resource: PAYMENTS, count: 3, last_at: ASKED }],
  same_ask: {
    approved: 4,
    denied: 1,
    last: { status: 'approved', at: ASKED },
    denials: [{ by: 'bob', name: 'Bob Brook', reason: 'The order was refunded already.', at: ASKED }],
  },
};
const CONTEXT: inbox.ContextAnswer = {
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

export const EXAMPLES_OF_INBOX: ExamplesOf<typeof inbox> = {
  InboxPageAnswer: {
    items: [{ ...FOR_PEOPLE, may: MAY, folded: 0 }],
    next_cursor: null,
    total: 1,
    more_than_total: false,
    facets: {
      risk: [{ value: 'high', name: 'High risk', count: 1 }],
      group: [{ value: 'payments-oncall', name: 'payments-oncall', count: 1 }],
      agent: [{ value: 'support-bot', name: 'Support bot', count: 1 }],
      resource: [{ value: PAYMENTS, name: 'Payments', count: 1 }],
      rule: [{ value: RULE, name: RULE, count: 1 }],
    },
  },
  ContextAnswer: CONTEXT,
};

/** The stream, as it is sent. */
export const INBOX_STREAM_EXAMPLE = `: open\n\nevent: beat\ndata: {}\n\nevent: changed\ndata: {"escalation":"${ESCALATION}"}\n\n`;
