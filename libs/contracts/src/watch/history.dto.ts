// The history as OpenAPI tells it.
import {
  type EscalationAnswer,
  type EscalationForPeopleAnswer,
  type GrantAnswer,
  PolicyAnswer,
  type VoteAnswer,
} from '../answers.dto.js';

/** Grants, newest first. */
export class GrantPageAnswer {
  items!: GrantAnswer[];
  /** Send it as `cursor` for the rest; `null` at the end. */
  next_cursor!: string | null;
}

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

/** Whether the call is granted; asked again with the same `call_id`, the first answer. */
export class ConsumeAnswer {
  allowed!: boolean;
  /** `true` when this is the answer that the same `call_id` had before: no second use was counted. */
  replayed?: true;
  /** Which use of the grant this was, from 1; only when allowed. */
  use?: number;
  /** Uses left, the least over the grant and all above it, `null` for no limit; only when allowed. */
  remaining?: number | null;
  /** Why not; only when refused. */
  code?: 'used_up' | 'digest_mismatch' | 'inactive' | 'action_not_granted';
}

/** Whether the agent is suspended now. */
export class AgentStandingAnswer {
  agent!: string;
  suspended!: boolean;
}

/** Whose session this is. */
export class SessionAnswer {
  person!: string;
  /** What people call them; the id where no name is configured. */
  name!: string;
  signed_in_by!: 'code' | 'oidc' | 'enrolment';
  opened_at!: string;
  expires_at!: string;
  /** Whether they can sign in with the organisation's provider, at `/auth/login`. */
  oidc!: boolean;
  /** How many passkeys they have to sign approvals with. */
  passkeys!: number;
  roles!: ('approver' | 'auditor' | 'operator')[];
}
