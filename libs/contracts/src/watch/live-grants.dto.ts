// Live grants as people read them, as OpenAPI tells them.
import type { ToolCallBody } from '../ask/escalation.dto.js';

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
