import type { Catalog } from '../catalog.js';

/** What agents and resources are called, by the configuration in force; what has left it is called by its id. */
export interface CatalogNames {
  readonly agent: (id: string) => string;
  readonly resource: (id: string) => string;
}

/** Names for people's eyes. */
export function catalogNames(catalog: Pick<Catalog, 'agents' | 'resources'>): CatalogNames {
  return { agent: namesIn(catalog.agents), resource: namesIn(catalog.resources) };
}

function namesIn(entries: readonly { readonly id: string; readonly name: string }[]): (id: string) => string {
  const names = new Map(entries.map(({ id, name }) => [id, name]));
  return (id) => names.get(id) ?? id;
}
