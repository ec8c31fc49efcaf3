// How a request ended without a grant, as OpenAPI tells it.
import type { ToolCallBody } from './ask/escalation.dto.js';

/** The next step that may help. */
export class NextStepAnswer {
  action!: 'none' | 'ask_less' | 'ask_again' | 'add_ticket' | 'contact_owner';
  after_seconds?: number;
  /** The authorization details that would pass. */
  largest_allowed?: ToolCallBody[];
}

/** Why it was denied. Who denied is never told. */
export class DenialAnswer {
  by!: 'policy' | 'person';
  /** @example 'no_matching_policy' */
  code!: string;
  reason!: string;
  next!: NextStepAnswer;
}

/** What cancelled it. */
export class CancellationAnswer {
  /** `configuration`: its resource or action was taken out of it; `broker`: a suspension, a kill switch, a restore. */
  by!: 'agent' | 'configuration' | 'broker';
  /** `null` while nobody has written the end yet. */
  cause!: string | null;
}
