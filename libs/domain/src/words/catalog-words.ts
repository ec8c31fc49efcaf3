import type { ToolCall } from '../authority/authorization-details.js';
import type { Catalog } from '../catalog.js';
import { personNames, type PersonName } from '../person-name.js';
import { catalogNames, type CatalogNames } from './catalog-names.js';
import { sayCall, type SaidCall } from './said-call.js';

/** What people call what the configuration names. An id that has left it is called by itself. */
export interface CatalogWords extends CatalogNames {
  readonly person: PersonName;
  /** The calls of a request for this resource, in its own order. */
  readonly calls: (resource: string, details: readonly ToolCall[]) => SaidCall[];
}

/** @param readByPolicy names of the arguments that policies in force read, by action */
export function catalogWords(
  catalog: Pick<Catalog, 'agents' | 'people' | 'resources'>,
  readByPolicy: (action: string) => ReadonlySet<string>,
): CatalogWords {
  const resources = new Map(catalog.resources.map((resource) => [resource.id, resource]));
  return {
    person: personNames(catalog),
    ...catalogNames(catalog),
    calls: (resource, details) => details.map((element) => sayCall(element, resources.get(resource), readByPolicy)),
  };
}
