// What people read around one escalation, as OpenAPI tells it.
import type { BreakGlassMarkAnswer } from '../ask/break-glass.dto.js';
import type { MayAnswer } from './inbox.dto.js';

/** The agent as it is now. */
export class AskingAgentAnswer {
  id!: string;
  name!: string;
  owner!: string;
  owner_name!: string;
  status!: 'active' | 'suspended' | 'retired';
}

/** What the agent was granted in the 24 hours before. */
export class RecentGrantAnswer {
  action!: string;
  resource!: string;
  count!: number;
  last_at!: string;
}

/** How the last such ask ended. */
export class LastAskAnswer {
  status!: 'approved' | 'denied' | 'cancelled' | 'lapsed';
  at!: string;
}

/** What became of the same ask before: same agent, resource and authorization details. */
export class SameAskAnswer {
  approved!: number;
  denied!: number;
  last!: LastAskAnswer | null;
  /** The latest by people and operators, newest first. */
  denials!: EarlierDenialAnswer[];
}

/** Somebody's no to the same ask. */
export class EarlierDenialAnswer {
  by!: string;
  name!: string;
  reason!: string;
  at!: string;
}

/** What was true before a moment of the agent and of the same ask; the request itself is not counted. */
export class BeforeAnswer {
  before_at!: string;
  /** In the 24 hours before. */
  recent_grants!: RecentGrantAnswer[];
  same_ask!: SameAskAnswer;
}

/** One person's vote. */
export class ContextVoteAnswer {
  person!: string;
  name!: string;
  verdict!: 'approve' | 'deny';
  reason!: string | null;
  limits!: Record<string, unknown> | null;
  via!: string;
  at!: string;
  /** Whether a passkey signed it. */
  stepped_up!: boolean;
  /** What this person was shown beside the request, kept with the vote; from Slack as of when the card was last written. */
  shown!: BeforeAnswer | null;
  /** Why there is no `shown`: the vote is from before it was kept, or its entry in the history is gone or was changed. */
  shown_missing!: 'not_kept' | 'entry_missing' | null;
}

/** One step of the clock. */
export class ContextStepAnswer {
  at!: string;
  step!: 'reminder' | 'deputy_asked' | 'lapses';
  /** Who is asked then. */
  group?: string;
  done!: boolean;
}

/** What happens when, while nobody decides. */
export class ContextClockAnswer {
  asked_at!: string;
  decide_before!: string;
  steps!: ContextStepAnswer[];
}

/** One thing that was said. */
export class CommentAnswer {
  id!: string;
  at!: string;
  author!: string;
  name!: string;
  via!: string;
  text!: string;
}

/** One line of what happened, in words. */
export class TimelineAnswer {
  at!: string;
  /** @example 'vote.recorded' */
  type!: string;
  text!: string;
}

/** Everything around one escalation. */
export class ContextAnswer {
  agent!: AskingAgentAnswer;
  /**
   * The moment before which `recent_grants` and `same_ask` were so: now while it is pending; its end where people were
   * asked; when it was asked, where policy decided. What each voter was shown stands with their vote.
   */
  before_at!: string;
  recent_grants!: RecentGrantAnswer[];
  same_ask!: SameAskAnswer;
  chain!: Record<string, unknown>[];
  votes!: ContextVoteAnswer[];
  clock!: ContextClockAnswer;
  /** Whether a card in Slack showed it, with the first digits of its digest as a code. */
  on_card!: boolean;
  comments!: CommentAnswer[];
  timeline!: TimelineAnswer[];
  /** What an approval needs beside the vote. */
  step_up!: 'webauthn' | null;
  /** What Slack may be used for. */
  slack!: 'deny_only' | null;
  break_glass!: BreakGlassMarkAnswer | null;
  /** Ids of identical asks that stand behind this one. */
  folded!: string[];
  /** What you may do with it now; `null` for a tool, which decides nothing. */
  may!: MayAnswer | null;
}
