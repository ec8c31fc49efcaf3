import {
  ASKED,
  CALL,
  CODE,
  DEADLINE,
  DECIDED,
  DIGEST,
  ESCALATION,
  type ExamplesOf,
  GRANT,
  PAYMENTS,
  POLICY,
  TASK,
  VERSION,
} from '../story.examples.js';
import type * as answers from './escalation-answers.dto.js';

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
export const READY: answers.GrantStateAnswer = {
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
/** What policy allows by itself is answered to the ask itself, with its grant. */
export const ALLOWED_AT_ONCE: answers.CreatedEscalationAnswer = {
  ...APPROVED,
  policy: { outcome: 'allow', version: VERSION, determining: ['small-refunds'] },
  approval: null,
  granted: { ...GRANTED, cut_reasons: [] },
  like: [],
  continuation: CONTINUATION,
};

export const EXAMPLES_OF_ESCALATION_ANSWERS: ExamplesOf<typeof answers> = {
  CreatedEscalationAnswer: { ...PENDING, like: [], continuation: CONTINUATION },
  EscalationAnswer: APPROVED,
};
