import type { EscalationRow } from '../rows/escalation.js';
import type { GrantRow } from '../rows/grant.js';
import type { VoteRow } from '../rows/vote.js';

/** An escalation with everything a reader may be shown; presenters choose. */
export interface EscalationStory {
  readonly escalation: EscalationRow;
  readonly grant: GrantRow | null;
  readonly votes: readonly VoteRow[];
  readonly now: number;
  /** What people usually need for such a request; absent where nobody looked it up. */
  readonly typicalSeconds?: number | null;
}
