import { AUTHORITY, CALL, type ExamplesOf, PAYMENTS, RULE, VERSION } from '../story.examples.js';
import type * as dryRuns from './dry-run.dto.js';

const DRY_RUN: dryRuns.DryRunAnswer = {
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

export const EXAMPLES_OF_DRY_RUNS: ExamplesOf<typeof dryRuns> = {
  DryRunBody: {
    agent: 'support-bot',
    request: { resource: PAYMENTS, authorization_details: [CALL], task: { id: 'run-77', ticket: 'OPS-1' } },
    at: '2026-11-22T02:00:00Z',
    facts: { recent_denials: 3 },
  },
  DryRunAnswer: DRY_RUN,
};
