// What the routes for people answer, as libs/contracts describes it, and the little that it leaves open.
import type { AuthorityAnswer } from '#contracts/ask/evaluation.dto.js';
import type { EscalationForPeopleAnswer } from '#contracts/decide/escalation-for-people.dto.js';
import type { GateAnswer } from '#contracts/ask/escalation-answers.dto.js';
import type { GrantAnswer } from '#contracts/watch/grants.dto.js';
import type { VoteAnswer } from '#contracts/decide/vote.dto.js';
import type { SaidArgumentAnswer, SaidCallAnswer } from '#contracts/said-calls.dto.js';
import type { ToolCallBody } from '#contracts/ask/escalation.dto.js';
import type { SessionAnswer } from '#contracts/people/sessions.dto.js';
import type { ContextAnswer } from '#contracts/watch/context.dto.js';
import type { FacetsAnswer, InboxItemAnswer, InboxPageAnswer, MayAnswer } from '#contracts/watch/inbox.dto.js';

export type Escalation = EscalationForPeopleAnswer;
export type ToolCall = ToolCallBody;
export type Vote = VoteAnswer;
export type Gate = GateAnswer;
export type Risk = Escalation['risk'];
export type Authority = AuthorityAnswer;
export type Grant = GrantAnswer;
export type Session = SessionAnswer;
export type Role = Session['roles'][number];

export type InboxItem = InboxItemAnswer;
export type InboxPage = InboxPageAnswer;
export type Facets = FacetsAnswer;
/** A call in words. */
export type SaidCall = SaidCallAnswer;
export type SaidArgument = SaidArgumentAnswer;

export interface Page<T> {
  readonly items: readonly T[];
  readonly next_cursor: string | null;
}

export interface Limits {
  ttl?: number;
  max_uses?: number;
  authorization_details?: ToolCall[];
}

/** What this person may do with one escalation. */
export type May = MayAnswer;
/** Everything around one ask. */
export type Context = ContextAnswer;
