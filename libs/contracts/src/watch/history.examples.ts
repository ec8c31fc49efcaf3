import { APPROVED } from '../ask/escalation-answers.examples.js';
import { FOR_PEOPLE } from '../decide/escalation-for-people.examples.js';
import { VOTE } from '../decide/vote.examples.js';
import { COLLECTED, ENDED, ESCALATION, type ExamplesOf, EXPIRES, GRANT, POLICY } from '../story.examples.js';
import { COMPLETED } from './grants.examples.js';
import type * as history from './history.dto.js';

const EVENT: history.EventAnswer = {
  seq: 41,
  at: ENDED,
  type: 'grant.completed',
  actor: { kind: 'agent', id: 'support-bot' },
  data: { outcome: 'succeeded' },
};
const MINTED: history.TokenAnswer = {
  jti: 'tok_01KAMZ0000000000000000000D',
  kid: 'k1',
  minted_at: COLLECTED,
  expires_at: EXPIRES,
  ended_at: ENDED,
};
const USED: history.UseAnswer = {
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
const RECORD: history.PolicyRecordAnswer = { ...POLICY, reasons: FOR_PEOPLE.reasons, facts: FOR_PEOPLE.facts };
const HAPPENED = { tokens: [MINTED], uses: [USED], events: [EVENT] };

export const EXAMPLES_OF_HISTORY: ExamplesOf<typeof history> = {
  GrantStoryAnswer: { grant: COMPLETED, escalation: FOR_PEOPLE, policy: RECORD, votes: [VOTE], ...HAPPENED },
  PolicyRecordAnswer: RECORD,
  OwnGrantStoryAnswer: { grant: COMPLETED, escalation: APPROVED, policy: POLICY, ...HAPPENED },
  EventPageAnswer: {
    items: [{ ...EVENT, id: 'evt_01KAMZ0000000000000000000E', escalation: ESCALATION, grant: GRANT }],
    next_cursor: null,
  },
};
