import type { CatalogAgent } from '#domain/catalog.js';
import type { Registry } from '#escalations/ports.js';

type Wire = Record<string, unknown>;

/** What can be asked for. @param agent whom `permitted` is about; `null`: nobody can ask */
export function presentCatalogue(
  registry: Pick<Registry, 'catalog' | 'couldPermit'>,
  agent: CatalogAgent | null,
): Wire {
  const { catalog } = registry;
  return {
    agent: agent?.id ?? null,
    agents: catalog.agents.map(({ id, name }) => ({ id, name })),
    resources: catalog.resources.map((resource) => ({
      resource: resource.id,
      name: resource.name,
      actions: resource.actions.map((action) => ({
        action: action.name,
        risk: action.risk,
        arguments: action.arguments,
        identifier: action.identifierRequired === true ? 'required' : 'optional',
        permitted: agent !== null && registry.couldPermit(agent, resource.id, action.name),
      })),
    })),
  };
}
