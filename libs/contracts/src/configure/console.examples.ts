import type * as read from './console.dto.js';
import { ASKED, AUTHORITY, CALL, PAYMENTS, RULE, VERSION, type ExamplesOf } from '../story.examples.js';

const DRY_RUN: read.DryRunAnswer = {
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

export const AGENT: read.AgentAnswer = {
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

export const POLICY_FILE: read.PolicyFileAnswer = {
  name: '3-people.cedar',
  text: `@id("${RULE}") @outcome("require_approval") @approvers("payments-oncall")\npermit (principal, action, resource);\n`,
  policies: [{ id: RULE, role: 'require_approval', line: 1 }],
};

export const EXAMPLES_OF_CONSOLE: ExamplesOf<typeof read> = {
  AgentPageAnswer: { items: [AGENT], next_cursor: null },
  PolicySetAnswer: { version: VERSION, files: [POLICY_FILE] },
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
  DryRunBody: {
    agent: 'support-bot',
    request: { resource: PAYMENTS, authorization_details: [CALL], task: { id: 'run-77', ticket: 'OPS-1' } },
    at: '2026-11-22T02:00:00Z',
    facts: { recent_denials: 3 },
  },
  DryRunAnswer: DRY_RUN,
  SessionListAnswer: {
    items: [
      {
        id: 'kq3T0fYb1u2W',
        current: true,
        person: 'bob',
        signed_in_by: 'oidc',
        opened_at: ASKED,
        expires_at: '2026-11-22T17:00:00.000Z',
      },
    ],
  },
  SignInOptionsAnswer: { oidc: true },
};
