// Agents as their owners, operators and auditors read them, as OpenAPI tells them.
import type { RequestableResourceAnswer } from '../ask/requestable.dto.js';
import { ApiProperty } from '../wire/describe.js';

/** How much of each kind an agent has. */
export class AgentCountsAnswer {
  pending!: number;
  live_grants!: number;
  granted_last_day!: number;
  denied_last_day!: number;
}

/** What you may do with the agent now. */
export class MayAgentAnswer {
  suspend!: boolean;
  resume!: boolean;
}

/** An agent as its owner, operators and auditors see it. */
export class AgentAnswer {
  id!: string;
  name!: string;
  owner!: string;
  owner_name!: string;
  groups!: string[];
  status!: 'active' | 'suspended';
  counts!: AgentCountsAnswer;
  /** Of its live grants; `null` where it holds none. */
  @ApiProperty({ type: 'string', enum: ['low', 'medium', 'high'], nullable: true })
  highest_risk!: 'low' | 'medium' | 'high' | null;
  may!: MayAgentAnswer;
}

/** Agents by id. */
export class AgentPageAnswer {
  items!: AgentAnswer[];
  /** Send it as `cursor` for the rest; `null` at the end. */
  next_cursor!: string | null;
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
