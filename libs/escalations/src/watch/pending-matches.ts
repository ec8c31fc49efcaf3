import { LIMITS } from '#domain/limits.js';
import type { Catalog } from '#domain/catalog.js';
import type { Json } from '#domain/json.js';
import { refuse, type FieldFault, type Refusal } from '#domain/refusal.js';
import type { CatalogWords } from '#domain/words/catalog-words.js';
import { rulesNamed } from '#domain/words/rules-named.js';
import type { WaitingAsk } from './inbox.js';

/** By what a list of waiting requests can be narrowed to one value. */
export const NARROWED_BY = ['risk', 'group', 'agent', 'resource'] as const;
export type NarrowedBy = (typeof NARROWED_BY)[number];

/** What somebody looks for among what waits; each absent member lets everything through. */
export type PendingFilter = { readonly [by in NarrowedBy]?: string } & {
  /** Words that all occur in what people are shown of the call: names, ids, sentence, arguments, task and ticket. */
  readonly q?: string;
};

/** A value with the name people know it by, and how many requests have it. */
export interface FacetValue {
  readonly value: string;
  readonly name: string;
  readonly count: number;
}

/** For each side the values there are. A side counts what the other filters let through: what choosing a value would show. */
export type Facets = { readonly [side in NarrowedBy | 'rule']: readonly FacetValue[] };

export interface Counted {
  readonly total: number;
  /** More wait than were counted. */
  readonly more: boolean;
  readonly facets: Facets;
}

/** The sides on which a request does not fit; none: it is what is looked for. */
type Misfit = NarrowedBy | 'q';

/** Refuses a value that this configuration does not name: a typo must not read as an empty inbox. */
export function unknownIn(
  filter: PendingFilter,
  { agents, groups, resources }: Pick<Catalog, 'agents' | 'groups' | 'resources'>,
): Refusal | null {
  const known = { agent: agents, group: groups, resource: resources } as const;
  const errors = (['agent', 'group', 'resource'] as const).flatMap((by): FieldFault[] => {
    const value = filter[by];
    if (value === undefined || known[by].some(({ id }) => id === value)) return [];
    return [{ pointer: by, rule: `names no ${by} of the configuration in force` }];
  });
  return errors.length === 0 ? null : refuse('invalid_request', 'The query cannot be read.', { errors });
}

/** Tells on which sides a request misses the filter. */
export function misfitsOf(filter: PendingFilter, words: CatalogWords): (ask: WaitingAsk) => readonly Misfit[] {
  const terms = folded(filter.q ?? '').match(/\S+/g) ?? [];
  return (ask) => {
    const misfits: Misfit[] = NARROWED_BY.filter((by) => {
      const wanted = filter[by];
      return wanted !== undefined && !valuesOf(ask, by).includes(wanted);
    });
    if (terms.length === 0) return misfits;
    const text = folded(textOf(ask, words));
    return terms.every((term) => text.includes(term)) ? misfits : [...misfits, 'q'];
  };
}

/** Counts requests as they are read. */
export class Tally {
  private total = 0;
  private readonly counts = new Map<keyof Facets, Map<string, number>>();

  add(ask: WaitingAsk, misfits: readonly Misfit[]): void {
    if (misfits.length === 0) this.total += 1;
    for (const side of [...NARROWED_BY, 'rule'] as const) {
      if (misfits.some((misfit) => misfit !== side)) continue;
      const counts = this.counts.get(side) ?? new Map<string, number>();
      this.counts.set(side, counts);
      for (const value of valuesOf(ask, side)) counts.set(value, (counts.get(value) ?? 0) + 1);
    }
  }

  /** @param more whether requests were left unread */
  counted(words: CatalogWords, more: boolean): Counted {
    const { waitingCountedMax } = LIMITS;
    const facet = (side: keyof Facets, nameOf: (value: string) => string = (value) => value): FacetValue[] =>
      [...(this.counts.get(side) ?? [])]
        .map(([value, count]) => ({ value, name: nameOf(value), count }))
        .sort((a, b) => b.count - a.count || (a.name < b.name ? -1 : 1));
    return {
      total: Math.min(this.total, waitingCountedMax),
      more: more || this.total > waitingCountedMax,
      facets: {
        risk: facet('risk'),
        group: facet('group'),
        agent: facet('agent', words.agent),
        resource: facet('resource', words.resource),
        rule: facet('rule'),
      },
    };
  }
}

function valuesOf({ risk, policy, agentId, resource }: WaitingAsk, side: keyof Facets): readonly string[] {
  switch (side) {
    case 'risk':
      return [risk];
    case 'group':
      return [...new Set(policy.gates.map(({ group }) => group))];
    case 'agent':
      return [agentId];
    case 'resource':
      return [resource];
    case 'rule':
      return [rulesNamed(policy.determining)];
  }
}

/** What a row of the list shows of a request, so that what is seen is found. */
function textOf({ id, agentId, resource, request }: WaitingAsk, words: CatalogWords): string {
  const { task, authorization_details } = request;
  const calls = words
    .calls(resource, authorization_details)
    .flatMap((call) => [
      ...call.actions.flatMap(({ action, sentence }) => [action, sentence]),
      call.identifier,
      ...(call.arguments ?? []).flatMap(({ title, name, value, shown }) => [title, name, asText(value), shown]),
    ]);
  const named = [id, agentId, words.agent(agentId), resource, words.resource(resource), task.id, task.ticket];
  return [...named, ...calls].filter((text) => typeof text === 'string').join('\n');
}

function asText(value: Json): string {
  return typeof value === 'string' ? value : JSON.stringify(value);
}

function folded(text: string): string {
  return text.normalize('NFKC').toLowerCase();
}
