import { liveExamples } from './openapi-examples-live.js';

const [ASKED, DECIDED, DEADLINE] = ['2026-11-22T09:00:00.000Z', '2026-11-22T09:01:12.402Z', '2026-11-22T09:15:00.000Z'];
const CALL = {
  type: 'tool_call',
  actions: ['refund.create'],
  identifier: 'order/8812',
  arguments: { order: '8812', amount: 4000 },
};
const ASK = {
  resource: 'https://payments.example',
  authorization_details: [CALL],
  task: { id: 'run-77', ticket: 'OPS-1' },
};
const AUTHORITY = { authorization_details: [CALL], ttl: 120, max_uses: 1 };
const VERSION = `sha256:${'0'.repeat(64)}`;
const RULE = 'refunds-need-the-oncall';

const FACETS = {
  risk: [{ value: 'high', name: 'High risk', count: 1 }],
  group: [{ value: 'payments-oncall', name: 'payments-oncall', count: 1 }],
  agent: [{ value: 'support-bot', name: 'Support bot', count: 1 }],
  resource: [{ value: 'https://payments.example', name: 'Payments', count: 1 }],
  rule: [{ value: 'refunds-need-the-oncall', name: 'refunds-need-the-oncall', count: 1 }],
};
const MAY = { decide: false, why_not: 'already_decided', revoke: true, nudge: false };

const BEFORE = {
  recent_grants: [{ action: 'payment.read', resource: 'https://payments.example', count: 3, last_at: ASKED }],
  same_ask: {
    approved: 4,
    denied: 1,
    last: { status: 'approved', at: ASKED },
    denials: [{ by: 'bob', name: 'Bob Brook', reason: 'The order was refunded already.', at: ASKED }],
  },
};

const CONTEXT = {
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

const DRY_RUN = {
  outcome: 'require_approval',
  explanation: `Needs 1 of payments-oncall within 15 minutes because ${RULE}: "Refunds move money."`,
  version: VERSION,
  determining: [RULE],
  reasons: ['Refunds move money.'],
  denial_code: null,
  gates: [{ id: 'payments-oncall', quorum: 1, deputy: null, eligible: [{ person: 'bob', name: 'Bob Brook' }] }],
  window_seconds: 900,
  max_ttl: 120,
  max_uses: 1,
  step_up: null,
  slack: null,
  risk: 'high',
  pairs: [
    {
      element: 0,
      action: 'refund.create',
      outcome: 'require_approval',
      satisfied: [{ policy: RULE, effect: 'permit', outcome: 'require_approval', reason: 'Refunds move money.' }],
      unsatisfied: ['small-refunds'],
      failed: [],
    },
  ],
  facts: { requested_ttl: 300, has_ticket: true, recent_denials: 0 },
  ask: { status: 'pending', granted: AUTHORITY, denial: null, largest_allowed: AUTHORITY },
};

const AGENT = {
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

const SESSION = { person: 'bob', signed_in_by: 'oidc', opened_at: ASKED, expires_at: '2026-11-22T17:00:00.000Z' };

/** The stream, as it is sent. */
export const STREAM_EXAMPLE =
  ': open\n\nevent: beat\ndata: {}\n\nevent: changed\ndata: {"escalation":"esc_01KAMZ0000000000000000000A"}\n\n';

/** Examples of what the console reads, by the name of the schema. @param escalation one as people see it */
export function consoleExamples(escalation: object): Readonly<Record<string, unknown>> {
  return {
    InboxPageAnswer: {
      items: [{ ...escalation, may: MAY, folded: 0 }],
      next_cursor: null,
      total: 1,
      more_than_total: false,
      facets: FACETS,
    },
    ContextAnswer: CONTEXT,
    AgentPageAnswer: { items: [AGENT], next_cursor: null },
    ...liveExamples(AGENT),
    PolicySetAnswer: {
      version: VERSION,
      files: [
        {
          name: '3-people.cedar',
          text: `@id("${RULE}") @outcome("require_approval") @approvers("payments-oncall")\npermit (principal, action, resource);\n`,
          policies: [{ id: RULE, role: 'require_approval', line: 1 }],
        },
      ],
    },
    CatalogueAnswer: {
      agent: 'support-bot',
      agents: [{ id: 'support-bot', name: 'Support bot' }],
      resources: [
        {
          resource: 'https://payments.example',
          name: 'Payments',
          actions: [{ action: 'payment.read', risk: 'low', arguments: null, identifier: 'optional', permitted: true }],
        },
      ],
    },
    DryRunBody: { agent: 'support-bot', request: ASK, at: '2026-11-22T02:00:00Z', facts: { recent_denials: 3 } },
    DryRunAnswer: DRY_RUN,
    SessionAnswer: { name: 'Bob Brook', roles: ['approver'], ...SESSION, passkeys: 1, oidc: true },
    SessionListAnswer: { items: [{ id: 'kq3T0fYb1u2W', current: true, ...SESSION }] },
    SignInOptionsAnswer: { oidc: true },
  };
}
