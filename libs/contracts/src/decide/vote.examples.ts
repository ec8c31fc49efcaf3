import { DECIDED, DIGEST } from '../story.examples.js';
import type { VoteAnswer } from './vote.dto.js';

export const VOTE: VoteAnswer = {
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
