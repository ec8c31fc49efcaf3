import { READY } from '../ask/escalation-answers.examples.js';
import {
  AUTHORITY,
  COLLECTED,
  DECIDED,
  DIGEST,
  ENDED,
  ESCALATION,
  type ExamplesOf,
  EXPIRES,
  GRANT_DIGEST,
  PAYMENTS,
} from '../story.examples.js';
import type * as grants from './grants.dto.js';

export const COMPLETED: grants.GrantAnswer = {
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

export const EXAMPLES_OF_GRANTS: ExamplesOf<typeof grants> = {
  GrantAnswer: COMPLETED,
  GrantPageAnswer: { items: [COMPLETED], next_cursor: null },
};
