import type { Facets } from '../../api/types.js';

/** The sides by which the list can be narrowed, in the order of their fields. */
export const SIDES = ['risk', 'group', 'agent', 'resource'] as const;
export type Side = (typeof SIDES)[number];

export const GROUPINGS = ['agent', 'rule'] as const;
export type Grouping = (typeof GROUPINGS)[number];

/** What the address says of the list. */
export interface Query {
  readonly sides: Readonly<Partial<Record<Side, string>>>;
  readonly q: string;
  readonly by: Grouping | null;
}

/** Reads it; what the list does not know is left out. */
export function queryOf(search: string): Query {
  const given = new URLSearchParams(search);
  const sides = SIDES.flatMap((side) => {
    const value = given.get(side);
    return value === null || value === '' ? [] : [[side, value] as const];
  });
  const by = given.get('by');
  return {
    sides: Object.fromEntries(sides),
    q: given.get('q') ?? '',
    by: GROUPINGS.find((name) => name === by) ?? null,
  };
}

/** As it stands behind the path, `?` included; empty when nothing is chosen. */
export function searchOf({ sides, q, by }: Query): string {
  const search = new URLSearchParams(Object.entries(sides));
  if (q !== '') search.set('q', q);
  if (by !== null) search.set('by', by);
  const text = search.toString();
  return text === '' ? '' : `?${text}`;
}

/** The address of what waits and fits. */
export function listPath({ sides, q }: Query): string {
  const search = new URLSearchParams({ view: 'pending', limit: '200', ...sides });
  if (q.trim() !== '') search.set('q', q.trim());
  return `/v1/inbox?${search.toString()}`;
}

/** Whether anything is left out of the list. */
export function isNarrowed({ sides, q }: Query): boolean {
  return q.trim() !== '' || Object.keys(sides).length > 0;
}

/** What a value of a side is called; the value itself before anything is known of it. */
export function nameOf(facets: Facets | null, side: Side, value: string): string {
  return facets?.[side].find((known) => known.value === value)?.name ?? value;
}
