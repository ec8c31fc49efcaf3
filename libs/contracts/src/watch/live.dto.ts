// Live grants and one agent, as people read them: the answers as OpenAPI tells them.
import { type RequestableResourceAnswer } from '../answers.dto.js';
import { AgentAnswer } from '../configure/console.dto.js';
import { type ToolCallBody } from '../ask/escalation.dto.js';

/** A grant that can be used now, or collected. */
export class LiveGrantAnswer {
  /** @example 'grt_01KAMZ0000000000000000000B' */
  id!: string;
  escalation!: string;
  status!: 'ready' | 'active';
  /** The highest of the granted actions, when it was granted. */
  risk!: 'low' | 'medium' | 'high';
  agent!: string;
  agent_name!: string;
  resource!: string;
  resource_name!: string;
  actions!: string[];
  authorization_details!: ToolCallBody[];
  /** The end that nothing moves; of one that nobody has collected, the end of the pick-up window. */
  ends_at!: string;
  max_uses!: number | null;
  uses!: number;
  created_at!: string;
  /** Whether you may end it. */
  may_revoke!: boolean;
}

/** Live grants, the highest risk first, then the nearest end. */
export class LiveGrantPageAnswer {
  /** `all` for auditors and operators; `yours`: those that you may end. */
  view!: 'all' | 'yours';
  /** May be fewer than `limit`, or none, before the end: just after many grants have ended at once. */
  items!: LiveGrantAnswer[];
  /** Send it as `cursor` for the rest; `null` at the end, and only there. */
  next_cursor!: string | null;
}

/** Live grants by their risk. */
export class LiveRisksAnswer {
  high!: number;
  medium!: number;
  low!: number;
}

/** How many live grants of one status there are. */
export class LiveTallyAnswer {
  total!: number;
  by_risk!: LiveRisksAnswer;
  /** There are more than were counted: 10,000, those of the highest risk first. */
  more!: boolean;
}

/** What one may choose from, with how many live grants it has. */
export class LiveChoiceAnswer {
  id!: string;
  name!: string;
  count!: number;
}

/** How many live grants there are. */
export class LiveFiguresAnswer {
  view!: 'all' | 'yours';
  active!: LiveTallyAnswer;
  ready!: LiveTallyAnswer;
  /** Of all that you are shown, whatever is asked for. */
  agents!: LiveChoiceAnswer[];
  resources!: LiveChoiceAnswer[];
}

/** Since when, by whom and why an agent is suspended. */
export class SuspensionAnswer {
  at!: string;
  by!: string;
  by_name!: string;
  reason!: string | null;
}

/** What a suspension would end. */
export class SuspensionEndsAnswer {
  live_grants!: number;
  pending!: number;
  /** Live grants of other agents whose work was handed on from this one: they end with the grants above them. */
  handed_on!: number;
}

/** A request of one agent in few words, and what became of it. */
export class AgentAskAnswer {
  escalation!: string;
  grant!: string | null;
  /** Of the grant; before there is one, of the request. */
  status!:
    | 'pending'
    | 'approved'
    | 'denied'
    | 'cancelled'
    | 'lapsed'
    | 'ready'
    | 'active'
    | 'completed'
    | 'expired'
    | 'revoked';
  risk!: 'low' | 'medium' | 'high';
  resource!: string;
  resource_name!: string;
  actions!: string[];
  created_at!: string;
  /** When it ends by itself; `null` once it is over. */
  ends_at!: string | null;
  uses!: number;
  max_uses!: number | null;
  /** What the agent says of its task, once it is done. */
  outcome!: 'succeeded' | 'failed' | 'abandoned' | null;
  /** Whether you may read the request itself. */
  may_read!: boolean;
}

/** One agent: who it is, what it may ask, what it holds, what it asks and what it did lately. */
export class WholeAgentAnswer extends AgentAnswer {
  /** How it proves itself. */
  authenticates_by!: 'jwks' | 'secret_hash' | 'federation' | 'spiffe';
  suspension!: SuspensionAnswer | null;
  suspending_ends!: SuspensionEndsAnswer;
  /** As `GET /v1/requestable` tells the agent. */
  may_ask!: RequestableResourceAnswer[];
  /** Live grants, the highest risk first, at most 20. */
  holds!: AgentAskAnswer[];
  /** Requests that wait, the nearest deadline first, at most 20. */
  asks!: AgentAskAnswer[];
  /** The newest requests that are decided, at most 20. */
  lately!: AgentAskAnswer[];
}
