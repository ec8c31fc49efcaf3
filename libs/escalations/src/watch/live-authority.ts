import type { Risk } from '#domain/policy-decision.js';
import type { InboxReader } from './inbox.js';

/** Collected and usable, or approved and waiting to be collected. */
export type LiveState = 'active' | 'ready';

/** Grants of one state or several agents; every member that is there narrows. */
export interface LiveFilter {
  readonly agent?: string | undefined;
  readonly resource?: string | undefined;
  /** Part of an id, in lower case, or one of the agents and resources that are called like it. */
  readonly like?: { readonly text: string; readonly agents: readonly string[]; readonly resources: readonly string[] };
}

/** Which live grants a person is shown; `reader`: only what they may end, `null`: all. */
export interface LiveQuery extends LiveFilter {
  readonly reader: InboxReader | null;
}

/** Where a page begins: after the grant with this risk, end (in microseconds) and id. */
export interface LivePosition {
  readonly risk: number;
  readonly key: string;
  readonly id: string;
}

export interface LivePlace extends LivePosition {
  readonly escalation: string;
}

/** Grants that still stand, and where the next page begins; `next` is `null` only at the end. */
export interface LivePlaces {
  readonly places: readonly LivePlace[];
  readonly next: LivePosition | null;
}

/** How many grants have all of this in common. */
export interface LiveCount {
  readonly state: LiveState;
  readonly risk: Risk;
  readonly agent: string;
  readonly resource: string;
  readonly count: number;
}

export interface LiveCounts {
  readonly rows: readonly LiveCount[];
  /** Whether there are more of a state than were counted. */
  readonly more: Readonly<Record<LiveState, boolean>>;
}

/** So many of each state are counted: beyond it a number is of no more use to anybody, and would cost more and more. */
export const LIVE_COUNTED_MAX = 10_000;

/**
 * So many rows are read for one page at most. Those of an agent that was just stopped stand in the index until their end
 * is written, and nobody waits for a page that looks past all of them.
 */
export const LIVE_READ_MAX = 10_000;

/** All authority that agents hold at this moment. */
export abstract class LiveAuthority {
  /**
   * The highest risk first, then the nearest end: at most `limit` after `after`. Looks at `LIVE_READ_MAX` rows at most,
   * so a page may be short, or empty, and still have a `next`.
   */
  abstract page(
    query: LiveQuery & { readonly state: LiveState; readonly risk?: Risk | undefined },
    limit: number,
    after: LivePosition | null,
  ): Promise<LivePlaces>;
  /** Counts, the highest risk first, up to `LIVE_COUNTED_MAX` of each state. */
  abstract counts(query: LiveQuery): Promise<LiveCounts>;
}
