import type * as answers from './answers.dto.js';
import type * as calls from './said-calls.dto.js';
import {
  ASKED,
  AUTHORITY,
  CALL,
  CODE,
  COLLECTED,
  DEADLINE,
  DECIDED,
  DIGEST,
  ENDED,
  ESCALATION,
  EXPIRES,
  GRANT,
  PAYMENTS,
  POLICY,
  RULE,
  TASK,
  VERSION,
  type ExamplesOf,
} from './story.examples.js';

const GRANT_DIGEST = 'sha256:c39e1c0bd76ce1b12ac4423c02c45059231845381e1eed55e3db5db533f89c11';
const CLOCK: Pick<answers.ClockAnswer, 'steps'> = {
  steps: [
    { at: '2026-11-22T09:07:30.000Z', step: 'reminder', done: false },
    { at: '2026-11-22T09:12:00.000Z', step: 'reminder', done: false },
    { at: '2026-11-22T09:12:00.000Z', step: 'deputy_asked', done: false },
    { at: DEADLINE, step: 'lapses', done: false },
  ],
};
const PENDING: answers.EscalationAnswer = {
  id: ESCALATION,
  status: 'pending',
  digest: DIGEST,
  created_at: ASKED,
  expires_at: DEADLINE,
  decided_at: null,
  resource: PAYMENTS,
  task: TASK,
  parent: null,
  policy: POLICY,
  approval: { groups: [{ id: 'payments-oncall', quorum: 1, approved: 0 }], window_seconds: 900 },
  clock: { ...CLOCK, eta_seconds: 64 },
  granted: null,
  denial: null,
  cancellation: null,
  grant: null,
};
const READY: answers.GrantStateAnswer = {
  id: GRANT,
  status: 'ready',
  ready_until: DEADLINE,
  expires_at: null,
  ended_at: null,
  end_reason: null,
  heartbeat_seconds: null,
  silent_at: null,
};
const GRANTED: answers.GrantedAnswer = {
  resource: PAYMENTS,
  authorization_details: [CALL],
  requested_ttl: 120,
  ttl: 120,
  max_uses: 1,
  cuts: [{ field: 'ttl', asked: 300, granted: 120 }],
  cut_reasons: ['One refund needs no more.'],
};
export const APPROVED: answers.EscalationAnswer = {
  ...PENDING,
  status: 'approved',
  decided_at: DECIDED,
  approval: { groups: [{ id: 'payments-oncall', quorum: 1, approved: 1 }], window_seconds: 900 },
  clock: { ...CLOCK, eta_seconds: null },
  granted: GRANTED,
  grant: READY,
};
const CONTINUATION: answers.ContinuationAnswer = {
  grant_type: 'urn:ietf:params:oauth:grant-type:deferred',
  deferral_code: CODE,
  interval: 2,
};
export const VOTE: answers.VoteAnswer = {
  id: 'vote_01KAMZ0000000000000000000C',
  person: 'bob',
  name: 'Bob Brook',
  verdict: 'approve',
  digest: DIGEST,
  reason: null,
  limits: { ttl: 120 },
  via: 'slack',
  at: DECIDED,
  step_up: null,
};
const SAID_CALL: calls.SaidCallAnswer = {
  actions: [{ action: 'refund.create', sentence: 'Refund 40.00 EUR for order 8812' }],
  identifier: 'order/8812',
  arguments: [{ name: 'amount', title: 'Amount', value: 4000, shown: '40.00 EUR', read_by_policy: true }],
};
export const FOR_PEOPLE: answers.EscalationForPeopleAnswer = {
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
export const COMPLETED: answers.GrantAnswer = {
  ...READY,
  status: 'completed',
  expires_at: EXPIRES,
  ended_at: ENDED,
  end_reason: 'done',
  escalation: ESCALATION,
  parent: null,
  agent: 'support-bot',
  resource: PAYMENTS,
  actions: ['refund.create'],
  granted: AUTHORITY,
  digest: DIGEST,
  grant_digest: GRANT_DIGEST,
  uses: 1,
  uses_remaining: 0,
  outcome: 'succeeded',
  created_at: DECIDED,
  activated_at: COLLECTED,
};
/** What policy allows by itself is answered to the ask itself, with its grant. */
export const ALLOWED_AT_ONCE: answers.CreatedEscalationAnswer = {
  ...APPROVED,
  policy: { outcome: 'allow', version: VERSION, determining: ['small-refunds'] },
  approval: null,
  granted: { ...GRANTED, cut_reasons: [] },
  like: [],
  continuation: CONTINUATION,
};

export const EXAMPLES_OF_ANSWERS: ExamplesOf<typeof answers> = {
  CreatedEscalationAnswer: { ...PENDING, like: [], continuation: CONTINUATION },
  EscalationAnswer: APPROVED,
  EscalationForPeopleAnswer: FOR_PEOPLE,
  DecisionAnswer: { vote: 'settled', warning: null, escalation: FOR_PEOPLE },
  EvaluationAnswer: { outcome: 'require_approval', determining: [RULE], largest_allowed: AUTHORITY },
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
  GrantAnswer: COMPLETED,
};
