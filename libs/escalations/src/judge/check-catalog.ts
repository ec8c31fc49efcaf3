import { checkArguments, type ArgumentFault, type ArgumentRule } from '#domain/authority/arguments-schema.js';
import type { EscalationRequest, ToolCall } from '#domain/authority/authorization-details.js';
import { agentIn, type Catalog, type CatalogAgent, type CatalogResource, resourceIn } from '#domain/catalog.js';
import type { Risk } from '#domain/policy-decision.js';
import { refuse, type Refusal, type RefusalCode } from '#domain/refusal.js';
import { highestRisk } from '#domain/risk.js';

/** An ask whose resource, actions and arguments are all in the catalog. */
export interface KnownAsk {
  readonly agent: CatalogAgent;
  readonly resource: CatalogResource;
  readonly actions: readonly string[];
  readonly risk: Risk;
}

const IDENTIFIER = /^\/authorization_details\/\d+\/identifier$/;

/** Rules whose breach is a right type with an unacceptable value (422). Every other breach is a wrong shape (400). */
const VALUE_CODES: Readonly<Partial<Record<ArgumentRule, RefusalCode>>> = {
  too_long: 'too_long',
  too_many_items: 'too_large',
  out_of_range: 'out_of_range',
};

/** The resource, where the catalog has it and every action of these elements; `null` where any of them is missing. */
export function resourceOf(
  catalog: Pick<Catalog, 'resources'>,
  id: string,
  details: readonly ToolCall[],
): CatalogResource | null {
  const resource = resourceIn(catalog, id);
  if (resource === undefined) return null;
  const names = new Set(resource.actions.map((action) => action.name));
  return details.every(({ actions }) => actions.every((name) => names.has(name))) ? resource : null;
}

/** The highest risk of the actions that these elements name; `low` where the resource has none of them. */
export function riskOf(details: readonly ToolCall[], resource: Pick<CatalogResource, 'actions'>): Risk {
  const names = new Set(details.flatMap((element) => element.actions));
  return highestRisk(resource.actions.filter(({ name }) => names.has(name)).map(({ risk }) => risk));
}

/**
 * Checks an ask against the catalog. An unknown resource and an unknown action answer alike, so that nobody learns
 * what exists by asking for it; arguments that an action's schema does not take are refused by `argumentsRefusal`.
 */
export function checkCatalog(catalog: Catalog, agentId: string, request: EscalationRequest): KnownAsk | Refusal {
  const agent = agentIn(catalog, agentId);
  const resource = resourceIn(catalog, request.resource);
  if (agent === undefined) return refuse('unauthenticated', 'Unknown agent.');
  const faults: ArgumentFault[] = [];
  const actions = new Set<string>();
  let risk: Risk = 'low';
  for (const [index, element] of request.authorization_details.entries()) {
    for (const name of element.actions) {
      const action = resource?.actions.find((candidate) => candidate.name === name);
      if (action === undefined) return refuse('not_requestable', 'This resource or action cannot be requested.');
      const place = `/authorization_details/${index}`;
      faults.push(...checkArguments(action.arguments, element.arguments, `${place}/arguments`));
      const pointer = `${place}/identifier`;
      // Left out, it would cover every one; several actions of an element may want it, which is one fault.
      if (action.identifierRequired === true && element.identifier === undefined)
        if (!faults.some((fault) => fault.pointer === pointer)) faults.push({ pointer, rule: 'required' });
      actions.add(name);
      risk = highestRisk([risk, action.risk]);
    }
  }
  if (resource === undefined) return refuse('not_requestable', 'This resource or action cannot be requested.');
  return argumentsRefusal(faults) ?? { agent, resource, actions: [...actions], risk };
}

/**
 * Refuses arguments with these faults; `null` without any. A wrong shape is `invalid_authorization_details` (RFC 9396) and
 * outranks values of the right type that are too long, too many or out of range.
 */
export function argumentsRefusal(faults: readonly ArgumentFault[]): Refusal | null {
  const [first] = faults;
  if (first === undefined) return null;
  const shape = faults.some((fault) => VALUE_CODES[fault.rule] === undefined);
  const code = (shape ? undefined : VALUE_CODES[first.rule]) ?? 'invalid_authorization_details';
  const where = faults.some(({ pointer }) => !IDENTIFIER.test(pointer))
    ? 'The arguments do not fit the schema of the action.'
    : 'The action is only granted for a named identifier.';
  return refuse(code, where, { errors: faults });
}
