import type { Voter } from '#domain/approval/eligibility.js';
import type { EventRow } from './history.js';
import type { EscalationStory } from './escalation-story.js';
import type { EscalationRow } from './rows.js';
import type { EscalationStatus } from '#domain/escalation/lifecycle.js';

export type InboxView = 'pending' | 'live' | 'decided';

/** Where a page begins: after the row with this key; `key` is the view's own sort column, in microseconds. */
export interface InboxPosition {
  readonly key: string;
  readonly id: string;
}

/** What the store needs to know of whoever reads. */
export interface InboxReader {
  readonly voter: Voter;
  /** Their groups: asked themselves, or named as deputies. */
  readonly groups: readonly string[];
  /** Resources whose grants they see all of; `null`: of every resource. */
  readonly resources: readonly string[] | null;
}

export interface InboxRow {
  readonly story: EscalationStory;
  readonly position: InboxPosition;
}

/** As much of a request that waits as tells who may decide it, and whether it is what somebody looks for. */
export type WaitingAsk = Pick<
  EscalationRow,
  | 'id'
  | 'agentId'
  | 'ownerId'
  | 'resource'
  | 'status'
  | 'risk'
  | 'request'
  | 'createdAt'
  | 'deadline'
  | 'decidedAt'
  | 'barredAt'
  | 'restoredAt'
  | 'parents'
  | 'above'
> & { readonly policy: Pick<EscalationRow['policy'], 'gates' | 'determining'> };

export interface WaitingRow {
  readonly ask: WaitingAsk;
  /** When it was read, epoch milliseconds. */
  readonly now: number;
  readonly position: InboxPosition;
}

/** Authority of one action that this agent was granted in the last 24 hours. */
export interface RecentGrant {
  readonly action: string;
  readonly resource: string;
  readonly count: number;
  readonly lastAt: number;
}

/** Somebody's no to the same ask. Epoch milliseconds. */
export interface EarlierDenial {
  readonly by: { readonly kind: string; readonly id: string };
  readonly reason: string;
  readonly at: number;
}

/** What became of the same ask of this agent before: the same authority, in whatever words. */
export interface SameAsk {
  readonly approved: number;
  readonly denied: number;
  readonly last: { readonly status: EscalationStatus; readonly at: number } | null;
  /** The latest by people and operators, newest first. */
  readonly denials: readonly EarlierDenial[];
}

/** How much of each kind an agent has. */
export interface AgentCounts {
  readonly agent: string;
  readonly suspended: boolean;
  readonly pending: number;
  readonly liveGrants: number;
  readonly grantedLastDay: number;
  readonly deniedLastDay: number;
}

/** Queries of the people who decide. Rows come in the view's order; who may see which is judged by the use case. */
export abstract class Inbox {
  /**
   * What waits: asked of one of the groups or to be when it is late, not voted on by the person, of identical asks the
   * first; the nearest deadline first. Reads `limit` rows after `after`.
   */
  abstract waiting(reader: InboxReader, limit: number, after: InboxPosition | null): Promise<readonly WaitingRow[]>;
  /**
   * `live`: grants that are ready or active, of the resources or approved by the person, newest first. `decided`: the
   * person's votes, newest first. Reads `limit` rows after `after`.
   */
  abstract page(
    view: Exclude<InboxView, 'pending'>,
    reader: InboxReader,
    limit: number,
    after: InboxPosition | null,
  ): Promise<readonly InboxRow[]>;
  /** These escalations with all that a reader may be shown; unknown ids are left out. */
  abstract stories(escalationIds: readonly string[]): Promise<readonly EscalationStory[]>;
  abstract recentGrants(agentUid: string): Promise<readonly RecentGrant[]>;
  /** Counts other escalations of the agent that ask exactly what this one asks. */
  abstract sameAsk(escalationId: string): Promise<SameAsk>;
  /** Everything that happened to the escalation and its grant, oldest first. */
  abstract events(escalationId: string): Promise<readonly EventRow[]>;
  /** One row for each living agent of these ids. */
  abstract agentCounts(agents: readonly string[]): Promise<readonly AgentCounts[]>;
}
