import type { Voter } from '#domain/approval/eligibility.js';
import type { AppliedConfiguration } from '../judge/configuration-store.js';

type Roster = Pick<AppliedConfiguration, 'catalog' | 'people'>;

/** The person as an applied configuration knows them; `null` for whom it does not name. */
export function voterIn({ catalog, people }: Roster, id: string): Voter | null {
  const person = catalog.people.find((candidate) => candidate.id === id);
  const identity = Object.hasOwn(people, id) ? people[id] : undefined;
  if (person === undefined || identity === undefined) return null;
  const groups = catalog.groups.filter(({ members }) => members.includes(id)).map((group) => group.id);
  return { person: id, roles: person.roles, groups, ...identity };
}

/** Every person in one of these groups, by id. */
export function votersIn(roster: Roster, groups: readonly string[]): Voter[] {
  const members = roster.catalog.groups.filter(({ id }) => groups.includes(id)).flatMap((group) => group.members);
  return [...new Set(members)]
    .sort()
    .map((id) => voterIn(roster, id))
    .filter((voter) => voter !== null);
}

/**
 * Which person each id of the next configuration means: who stays is who they were, everybody else is new.
 * @param now epoch milliseconds
 */
export function nextPeople(
  before: Roster['people'],
  ids: readonly string[],
  nextUid: () => string,
  now: number,
): Roster['people'] {
  const known = (id: string) => (Object.hasOwn(before, id) ? before[id] : undefined);
  return Object.fromEntries(ids.map((id) => [id, known(id) ?? { uid: nextUid(), since: Math.floor(now) }]));
}
