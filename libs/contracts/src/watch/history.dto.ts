// The history as OpenAPI tells it.
import { type EscalationAnswer, PolicyAnswer } from '../ask/escalation-answers.dto.js';
import type { EscalationForPeopleAnswer } from '../decide/escalation-for-people.dto.js';
import type { VoteAnswer } from '../decide/vote.dto.js';
import type { GrantAnswer } from './grants.dto.js';

/** Who did something. An agent reads the id of a person as `null`. */
export class ActorAnswer {
  kind!: 'agent' | 'person' | 'client' | 'policy' | 'system';
  id!: string | null;
}

/** One thing that happened. */
export class EventAnswer {
  seq!: number;
  id?: string;
  at!: string;
  /** @example 'grant.activated' */
  type!: string;
  actor!: ActorAnswer;
  escalation?: string | null;
  grant?: string | null;
  agent?: string | null;
  data!: Record<string, unknown>;
}

/** Events, newest first. */
export class EventPageAnswer {
  items!: EventAnswer[];
  /** Send it as `cursor` for the rest; `null` at the end. */
  next_cursor!: string | null;
}

/** One token that was minted for a grant. The token itself is kept nowhere. */
export class TokenAnswer {
  jti!: string;
  kid!: string;
  minted_at!: string;
  expires_at!: string;
  ended_at!: string | null;
}

/** One call that a resource server asked about, with the answer it got. */
export class UseAnswer {
  jti!: string;
  verifier!: string;
  call_id!: string;
  action!: string;
  identifier!: string | null;
  allowed!: boolean;
  use?: number;
  remaining?: number | null;
  code?: 'used_up' | 'digest_mismatch' | 'inactive' | 'action_not_granted';
  at!: string;
}

/** What policy said when the request was made, for auditors and operators: why, and by which facts. */
export class PolicyRecordAnswer extends PolicyAnswer {
  /** The `@reason`s of the policies that determined the outcome. */
  reasons!: string[];
  /** The facts that policy used. */
  facts!: Record<string, unknown>;
}

/** Everything that is known of a grant, for auditors and operators. */
export class GrantStoryAnswer {
  grant!: GrantAnswer;
  escalation!: EscalationForPeopleAnswer;
  policy!: PolicyRecordAnswer;
  votes!: VoteAnswer[];
  tokens!: TokenAnswer[];
  uses!: UseAnswer[];
  events!: EventAnswer[];
}

/** The same for the grant's own agent: without who approved and by which facts. */
export class OwnGrantStoryAnswer {
  grant!: GrantAnswer;
  escalation!: EscalationAnswer;
  policy!: PolicyAnswer;
  tokens!: TokenAnswer[];
  uses!: UseAnswer[];
  events!: EventAnswer[];
}
