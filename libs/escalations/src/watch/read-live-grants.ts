import { Injectable } from '@nestjs/common';
import type { Voter } from '#domain/approval/eligibility.js';
import type { Catalog } from '#domain/catalog.js';
import { catalogNames, type CatalogNames } from '#domain/words/catalog-names.js';
import type { Risk } from '#domain/policy-decision.js';
import { refuse, type Refusal } from '#domain/refusal.js';
import { RISKS } from '#domain/risk.js';
import { entitlementOf } from './entitlement.js';
import { Inbox } from './inbox.js';
import { LIVE_COUNTED_MAX, LiveAuthority, type LiveCount, type LiveCounts, type LiveFilter } from './live-authority.js';
import type { LivePosition, LiveState } from './live-authority.js';
import { Store, RegistrySource } from '../ports.js';
import { readerOf } from './read-inbox.js';
import type { GrantRow } from '../rows/grant.js';

/** `all`: every live grant, for oversight. `yours`: those that this person may end. */
export type LiveView = 'all' | 'yours';

/** What a person asks to see of what is live. */
export interface LiveAsked extends Pick<LiveFilter, 'agent' | 'resource'> {
  /** Part of the id or name of an agent or a resource. */
  readonly text?: string | undefined;
}

export interface LiveGrant {
  readonly grant: GrantRow;
  readonly risk: Risk;
  readonly mayRevoke: boolean;
  readonly now: number;
}

export interface LivePage {
  readonly view: LiveView;
  readonly items: readonly LiveGrant[];
  readonly next: LivePosition | null;
  readonly names: CatalogNames;
}

/** How many live grants of one state there are, by risk; with `more` at least so many. */
export interface LiveTally {
  readonly total: number;
  readonly byRisk: Readonly<Record<Risk, number>>;
  readonly more: boolean;
}

export interface LiveFigures {
  readonly view: LiveView;
  /** Counts of the grants that the filters leave. */
  readonly states: Readonly<Record<LiveState, LiveTally>>;
  /** Counts over all grants that this person is shown, whatever the filters: the choices that a filter has. */
  readonly agents: readonly { readonly id: string; readonly count: number }[];
  readonly resources: readonly { readonly id: string; readonly count: number }[];
  readonly names: CatalogNames;
}

/** What agents hold now: all of it for auditors and operators, for others what they may end. */
@Injectable()
export class ReadLiveGrants {
  constructor(
    private readonly live: LiveAuthority,
    private readonly inbox: Inbox,
    private readonly store: Store,
    private readonly registry: RegistrySource,
  ) {}

  /** One page, the highest risk first, then the nearest end; it may be short and not the last. Refuses `forbidden` for nobody that the broker knows. */
  async page(
    person: string,
    asked: LiveAsked & { readonly state: LiveState; readonly risk?: Risk | undefined },
    limit: number,
    after: LivePosition | null,
  ): Promise<LivePage | Refusal> {
    const { catalog } = await this.registry.current();
    const voter = await this.store.read.people.byId(person);
    if (voter === null) return unknownPerson();
    const { state, risk } = asked;
    const query = { reader: shownTo(voter, catalog), state, risk, ...filterOf(asked, catalog) };
    const { places, next } = await this.live.page(query, limit, after);
    const stories = new Map(
      (await this.inbox.stories(places.map(({ escalation }) => escalation))).map((story) => [
        story.escalation.id,
        story,
      ]),
    );
    return {
      view: viewOf(voter),
      items: places.flatMap(({ escalation, risk: place }) => {
        const story = stories.get(escalation);
        if (story === undefined || story.grant === null) return [];
        const mayRevoke = entitlementOf(voter, story, catalog).revoke;
        return [{ grant: story.grant, risk: RISKS[place] ?? 'low', mayRevoke, now: story.now }];
      }),
      next,
      names: catalogNames(catalog),
    };
  }

  /** How many there are. Refuses as `page` does. */
  async figures(person: string, asked: LiveAsked): Promise<LiveFigures | Refusal> {
    const { catalog } = await this.registry.current();
    const voter = await this.store.read.people.byId(person);
    if (voter === null) return unknownPerson();
    const reader = shownTo(voter, catalog);
    const all = await this.live.counts({ reader });
    const filter = filterOf(asked, catalog);
    const wanted = Object.keys(filter).length === 0 ? all : await this.live.counts({ reader, ...filter });
    return {
      view: viewOf(voter),
      states: { active: tallyOf(wanted, 'active'), ready: tallyOf(wanted, 'ready') },
      agents: sumsOf(all.rows, 'agent'),
      resources: sumsOf(all.rows, 'resource'),
      names: catalogNames(catalog),
    };
  }
}

const oversees = ({ roles }: Voter): boolean => roles.includes('auditor') || roles.includes('operator');
const viewOf = (voter: Voter): LiveView => (oversees(voter) ? 'all' : 'yours');
const shownTo = (voter: Voter, catalog: Catalog): ReturnType<typeof readerOf> | null =>
  oversees(voter) ? null : readerOf(voter, catalog);

function unknownPerson(): Refusal {
  return refuse('forbidden', 'You are not a person this broker knows.');
}

/** The filter without what was not asked for; a text finds by the names in force as well as by ids. */
function filterOf({ agent, resource, text }: LiveAsked, catalog: Catalog): LiveFilter {
  const wanted = text?.trim().toLowerCase() ?? '';
  const called = (entries: Catalog['agents'] | Catalog['resources']): string[] =>
    entries.filter(({ name }) => name.toLowerCase().includes(wanted)).map(({ id }) => id);
  return {
    ...(agent === undefined ? {} : { agent }),
    ...(resource === undefined ? {} : { resource }),
    ...(wanted === ''
      ? {}
      : { like: { text: wanted, agents: called(catalog.agents), resources: called(catalog.resources) } }),
  };
}

function tallyOf({ rows, more }: LiveCounts, state: LiveState): LiveTally {
  const byRisk = { high: 0, medium: 0, low: 0 };
  for (const row of rows) if (row.state === state) byRisk[row.risk] += row.count;
  const counted = byRisk.high + byRisk.medium + byRisk.low;
  if (counted <= LIVE_COUNTED_MAX) return { total: counted, byRisk, more: more[state] };
  // One was counted too many, to know of it; it is of the lowest risk.
  const lowest = [...RISKS].reverse().find((risk) => byRisk[risk] > 0) ?? 'low';
  return { total: LIVE_COUNTED_MAX, byRisk: { ...byRisk, [lowest]: byRisk[lowest] - 1 }, more: true };
}

function sumsOf(counts: readonly LiveCount[], by: 'agent' | 'resource'): { id: string; count: number }[] {
  const sums = new Map<string, number>();
  for (const row of counts) sums.set(row[by], (sums.get(row[by]) ?? 0) + row.count);
  return [...sums].map(([id, count]) => ({ id, count })).sort((a, b) => b.count - a.count || (a.id < b.id ? -1 : 1));
}
