import type { Voter } from '#domain/approval/eligibility.js';
import type { EventRow } from './history.js';
import type { EscalationStory } from './escalation-story.js';
import type { Risk } from '#domain/policy-decision.js';
import type { EscalationRow } from '../rows/escalation.js';

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
  | 'ancestors'
> & { readonly policy: Pick<EscalationRow['policy'], 'gates' | 'determining'> };

export interface WaitingRow {
  readonly ask: WaitingAsk;
  /** When it was read, epoch milliseconds. */
  readonly now: number;
  readonly position: InboxPosition;
}

/** How much of each kind an agent has. */
export interface AgentCounts {
  readonly agent: string;
  readonly suspended: boolean;
  readonly pending: number;
  readonly liveGrants: number;
  /** The highest risk of its live grants; `null` where there are none. */
  readonly highestRisk: Risk | null;
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
  /** Everything that happened to the escalation and its grant, oldest first. */
  abstract events(escalationId: string): Promise<readonly EventRow[]>;
  /** One row for each living agent of these ids. */
  abstract agentCounts(agents: readonly string[]): Promise<readonly AgentCounts[]>;
}
