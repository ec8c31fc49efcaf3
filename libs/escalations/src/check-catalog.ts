import { checkArguments } from '#domain/authority/arguments-schema.js';
import type { EscalationRequest } from '#domain/authority/authorization-details.js';
import type { Catalog, CatalogAgent, CatalogResource } from '#domain/catalog.js';
import type { Risk } from '#domain/policy-decision.js';
import { refuse, type FieldFault, type Refusal } from '#domain/refusal.js';

/** An ask whose resource, actions and arguments are all in the catalog. */
export interface KnownAsk {
  readonly agent: CatalogAgent;
  readonly resource: CatalogResource;
  readonly actions: readonly string[];
  readonly risk: Risk;
}

const RISKS: readonly Risk[] = ['low', 'medium', 'high'];

/**
 * Checks an ask against the catalog. An unknown resource and an unknown action answer alike, so that nobody learns
 * what exists by asking for it; arguments outside an action's schema are `invalid_authorization_details` (RFC 9396).
 */
export function checkCatalog(catalog: Catalog, agentId: string, request: EscalationRequest): KnownAsk | Refusal {
  const agent = catalog.agents.find((candidate) => candidate.id === agentId);
  const resource = catalog.resources.find((candidate) => candidate.id === request.resource);
  if (agent === undefined) return refuse('unauthenticated', 'Unknown agent.');
  const faults: FieldFault[] = [];
  const actions = new Set<string>();
  let risk: Risk = 'low';
  for (const [index, element] of request.authorization_details.entries()) {
    for (const name of element.actions) {
      const action = resource?.actions.find((candidate) => candidate.name === name);
      if (action === undefined) return refuse('not_requestable', 'This resource or action cannot be requested.');
      faults.push(...checkArguments(action.arguments, element.arguments, `/authorization_details/${index}/arguments`));
      actions.add(name);
      if (RISKS.indexOf(action.risk) > RISKS.indexOf(risk)) risk = action.risk;
    }
  }
  if (resource === undefined) return refuse('not_requestable', 'This resource or action cannot be requested.');
  if (faults.length > 0) {
    return refuse('invalid_authorization_details', 'The arguments do not fit the schema of the action.', {
      errors: faults,
    });
  }
  return { agent, resource, actions: [...actions], risk };
}
