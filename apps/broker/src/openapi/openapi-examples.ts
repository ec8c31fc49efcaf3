import { CALL, SAID_CALL } from './openapi-examples-calls.js';
import { consoleExamples, STREAM_EXAMPLE } from './openapi-examples-console.js';
import { FATIGUE_EXAMPLES } from './openapi-examples-fatigue.js';
import { CREATION_OPTIONS_EXAMPLE, PASSKEY_EXAMPLES } from './openapi-examples-passkeys.js';
import { POLICY_HISTORY_EXAMPLES } from './openapi-examples-policy-history.js';
import { TALK_EXAMPLES } from './openapi-examples-talk.js';
import { REVOCATION_EXAMPLES, REVOCATION_OPERATIONS } from './openapi-examples-revocations.js';

/** Examples of the description: one story, from an ask for a refund to its end. Keys are the names of schemas. */
const [ESCALATION, GRANT] = ['esc_01KAMZ0000000000000000000A', 'grt_01KAMZ0000000000000000000B'];
const DIGEST = 'sha256:7fe46c5507d95368f8aab2d0479307690be91071bbe11d5a424396c702a5f463';
const GRANT_DIGEST = 'sha256:c39e1c0bd76ce1b12ac4423c02c45059231845381e1eed55e3db5db533f89c11';
const VERSION = `sha256:${'0'.repeat(64)}`;
const DEFERRED = 'urn:ietf:params:oauth:grant-type:deferred';
const [ASKED, DECIDED] = ['2026-11-22T09:00:00.000Z', '2026-11-22T09:01:12.402Z'];
const COLLECTED = '2026-11-22T09:01:13.118Z';
const [DEADLINE, EXPIRES, ENDED] = ['2026-11-22T09:15:00.000Z', '2026-11-22T09:03:13.118Z', '2026-11-22T09:02:01.550Z'];
const ASSERTION = 'eyJhbGciOiJFUzI1NiIsImtpZCI6ImsxIn0.eyJpc3MiOiJzdXBwb3J0LWJvdCJ9.c2lnbmF0dXJl';
const TOKEN = 'eyJhbGciOiJFUzI1NiIsInR5cCI6ImF0K2p3dCIsImtpZCI6ImsxIn0.eyJzdWIiOiJhZ2VudDpib3QifQ.c2lnbmF0dXJl';
const CODE = 'ZGVmZXJyYWwtY29kZS1vZi10aGUtZXhhbXBsZQ';
const PROOF = {
  client_assertion_type: 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer',
  client_assertion: ASSERTION,
};

const TASK = { id: 'run-77', description: 'Refund order 8812', ticket: 'OPS-1' };
const EVIDENCE = [{ title: 'Ticket', url: 'https://tickets.example/OPS-1' }];
const POLICY = { outcome: 'require_approval', version: VERSION, determining: ['refunds-need-the-oncall'] };
const AUTHORITY = { authorization_details: [CALL], ttl: 120, max_uses: 1 };

const CLOCK = {
  steps: [
    { at: '2026-11-22T09:07:30.000Z', step: 'reminder', done: false },
    { at: '2026-11-22T09:12:00.000Z', step: 'reminder', done: false },
    { at: '2026-11-22T09:12:00.000Z', step: 'deputy_asked', done: false },
    { at: DEADLINE, step: 'lapses', done: false },
  ],
};
const PENDING = {
  id: ESCALATION,
  status: 'pending',
  digest: DIGEST,
  created_at: ASKED,
  expires_at: DEADLINE,
  decided_at: null,
  resource: 'https://payments.example',
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
const READY = {
  id: GRANT,
  status: 'ready',
  ready_until: DEADLINE,
  expires_at: null,
  ended_at: null,
  end_reason: null,
  heartbeat_seconds: null,
  silent_at: null,
};
const APPROVED = {
  ...PENDING,
  status: 'approved',
  decided_at: DECIDED,
  approval: { groups: [{ id: 'payments-oncall', quorum: 1, approved: 1 }], window_seconds: 900 },
  clock: { ...CLOCK, eta_seconds: null },
  granted: {
    resource: 'https://payments.example',
    authorization_details: [CALL],
    requested_ttl: 120,
    ttl: 120,
    max_uses: 1,
    cuts: [{ field: 'ttl', asked: 300, granted: 120 }],
    cut_reasons: ['One refund needs no more.'],
  },
  grant: READY,
};
const ALLOWED = {
  ...APPROVED,
  policy: { outcome: 'allow', version: VERSION, determining: ['small-refunds'] },
  approval: null,
  granted: { ...APPROVED.granted, cut_reasons: [] },
};
const CONTINUATION = { grant_type: DEFERRED, deferral_code: CODE, interval: 2 };
const VOTE = {
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
const FOR_PEOPLE = {
  ...APPROVED,
  agent: 'support-bot',
  agent_name: 'Support bot',
  resource_name: 'Payments',
  owner: 'alice',
  owner_name: 'Alice Ames',
  risk: 'high',
  calls: [SAID_CALL],
  request: {
    resource: 'https://payments.example',
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
const COMPLETED = {
  ...READY,
  status: 'completed',
  expires_at: EXPIRES,
  ended_at: ENDED,
  end_reason: 'done',
  escalation: ESCALATION,
  parent: null,
  agent: 'support-bot',
  resource: 'https://payments.example',
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
const EVENT = {
  seq: 41,
  at: ENDED,
  type: 'grant.completed',
  actor: { kind: 'agent', id: 'support-bot' },
  data: { outcome: 'succeeded' },
};
const MINTED = {
  jti: 'tok_01KAMZ0000000000000000000D',
  kid: 'k1',
  minted_at: COLLECTED,
  expires_at: EXPIRES,
  ended_at: ENDED,
};
const USED = {
  jti: MINTED.jti,
  verifier: 'payments-api',
  call_id: 'call-1',
  action: 'refund.create',
  identifier: 'order/8812',
  allowed: true,
  use: 1,
  remaining: 0,
  at: COLLECTED,
};
const RECORD = { ...POLICY, reasons: FOR_PEOPLE.reasons, facts: FOR_PEOPLE.facts };
const HAPPENED = { tokens: [MINTED], uses: [USED], events: [EVENT] };
const STORY = { grant: COMPLETED, escalation: FOR_PEOPLE, policy: RECORD, votes: [VOTE], ...HAPPENED };

/** One example of each body and answer, by the name of its schema. */
export const SCHEMA_EXAMPLES: Readonly<Record<string, unknown>> = {
  ...FATIGUE_EXAMPLES,
  ...PASSKEY_EXAMPLES,
  ...TALK_EXAMPLES,
  ...REVOCATION_EXAMPLES,
  ...POLICY_HISTORY_EXAMPLES,
  ...consoleExamples(FOR_PEOPLE),
  EscalationBody: {
    resource: 'https://payments.example',
    authorization_details: [CALL],
    requested_ttl: 300,
    max_uses: 1,
    task: TASK,
    justification: 'The customer paid twice.',
    evidence: EVIDENCE,
  },
  DecisionBody: { verdict: 'approve', digest: DIGEST, limits: { ttl: 120 } },
  CompletionBody: { outcome: 'succeeded', summary: 'Refunded order 8812.' },
  RevokeBody: { reason: 'The order was refunded by hand.' },
  SuspendBody: { reason: 'It asks for what it has no task for.' },
  SessionBody: { code: 'b25lLXRpbWUtbG9naW4tY29kZQ' },
  ConsumeBody: {
    token: TOKEN,
    action: 'refund.create',
    identifier: 'order/8812',
    arguments: { order: '8812', amount: 4000 },
    call_id: 'call-1',
  },
  CreatedEscalationAnswer: { ...PENDING, like: [], continuation: CONTINUATION },
  EscalationAnswer: APPROVED,
  EscalationForPeopleAnswer: FOR_PEOPLE,
  NudgeBody: {},
  NudgeAnswer: { escalation: ESCALATION, nudged_at: DECIDED },
  DecisionAnswer: { vote: 'settled', warning: null, escalation: FOR_PEOPLE },
  EvaluationAnswer: {
    outcome: 'require_approval',
    determining: ['refunds-need-the-oncall'],
    largest_allowed: AUTHORITY,
  },
  RequestableAnswer: {
    items: [
      {
        resource: 'https://payments.example',
        name: 'Payments',
        max_token_ttl: 300,
        actions: [{ action: 'payment.read', risk: 'low', arguments: null, identifier: 'optional', outcome: 'allow' }],
      },
    ],
  },
  GrantAnswer: COMPLETED,
  GrantPageAnswer: { items: [COMPLETED], next_cursor: null },
  GrantStoryAnswer: STORY,
  PolicyRecordAnswer: RECORD,
  OwnGrantStoryAnswer: { grant: COMPLETED, escalation: APPROVED, policy: POLICY, ...HAPPENED },
  EventPageAnswer: {
    items: [{ ...EVENT, id: 'evt_01KAMZ0000000000000000000E', escalation: ESCALATION, grant: GRANT }],
    next_cursor: null,
  },
  ConsumeAnswer: { allowed: true, use: 1, remaining: 0 },
  AgentStandingAnswer: { agent: 'support-bot', suspended: true },
};

/** Examples of what has no schema with a name, by operation: the forms of OAuth and plain documents. */
export const OPERATION_EXAMPLES: Readonly<Record<string, { request?: unknown; answers?: Record<string, unknown> }>> = {
  token: {
    request: { grant_type: DEFERRED, deferral_code: CODE, ...PROOF },
    answers: {
      200: {
        access_token: TOKEN,
        token_type: 'Bearer',
        expires_in: 120,
        scope: 'refund.create',
        authorization_details: [CALL],
        grant_id: GRANT,
      },
    },
  },
  introspect: {
    request: { token: TOKEN, ...PROOF },
    answers: {
      200: {
        active: true,
        token_type: 'Bearer',
        sub: 'agent:support-bot',
        scope: 'refund.create',
        grant_status: 'active',
        uses_remaining: 1,
      },
    },
  },
  revoke: { request: { token: TOKEN, ...PROOF } },
  jwks: {
    answers: {
      200: {
        keys: [
          {
            kty: 'EC',
            crv: 'P-256',
            x: 'f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU',
            y: 'x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0',
            kid: 'k1',
            alg: 'ES256',
            use: 'sig',
          },
        ],
      },
    },
  },
  discoveryAuthorizationServer: { answers: { 200: metadata() } },
  discoveryOpenidConfiguration: { answers: { 200: metadata() } },
  escalationsCreate: { answers: { 201: { ...ALLOWED, like: [], continuation: CONTINUATION } } },
  passkeysOptions: { answers: { 200: CREATION_OPTIONS_EXAMPLE } },
  ...REVOCATION_OPERATIONS,
  inboxStream: { answers: { 200: STREAM_EXAMPLE } },
  healthAlive: { answers: { 200: { status: 'ok' } } },
};

function metadata(issuer = 'http://localhost:3000'): Record<string, unknown> {
  return { issuer, token_endpoint: `${issuer}/oauth/token`, jwks_uri: `${issuer}/oauth/jwks` };
}
