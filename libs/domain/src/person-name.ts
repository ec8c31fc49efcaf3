import type { Catalog } from './catalog.js';

/** What people call a person: the configured name, or the id where there is none. */
export type PersonName = (person: string) => string;

/** Names by the catalog in force. Somebody who has left it is called by the id. */
export function personNames(catalog: Pick<Catalog, 'people'>): PersonName {
  const names = new Map(catalog.people.map((person) => [person.id, person.name]));
  return (person) => names.get(person) ?? person;
}
