import type { ToolCall } from '#domain/authority/authorization-details.js';
import { fitsCall, namesAction, type Call } from '#domain/authority/coverage.js';
import type { CatalogAction } from '#domain/catalog.js';
import type { JsonObject } from '#domain/json.js';
import type { Registry } from '../ports.js';
import type { GrantRow } from '../rows/grant.js';

/**
 * Why a call is not within what was granted, `null` when it is. A grant from an older catalog is judged by the
 * stricter of both: nothing may be done that the catalog no longer has, nor in a way that it no longer takes.
 */
export function callFault(
  call: Call,
  { resource, granted }: Pick<GrantRow, 'resource' | 'granted'>,
  { catalog }: Pick<Registry, 'catalog'>,
): 'action_not_granted' | 'inactive' | 'digest_mismatch' | null {
  const naming = granted.authorization_details.filter((element) => namesAction(element, call.action));
  if (naming.length === 0) return 'action_not_granted';
  const action = catalog.resources
    .find((candidate) => candidate.id === resource)
    ?.actions.find((candidate) => candidate.name === call.action);
  if (action === undefined) return 'inactive';
  return naming.some((element) => isTaken(element, action) && fitsTaken(element, call, action))
    ? null
    : 'digest_mismatch';
}

/** False of an element that names no identifier where one is demanded now, or arguments where none are taken now. */
function isTaken(element: ToolCall, action: CatalogAction): boolean {
  if (element.identifier === undefined && action.identifierRequired === true) return false;
  return element.arguments === undefined || action.arguments !== null;
}

/** An empty object is how a caller says "none" where the action takes an object in which nothing can stand. */
function fitsTaken(element: ToolCall, call: Call, action: CatalogAction): boolean {
  if (fitsCall(element, call)) return true;
  return call.arguments !== null && isNone(call.arguments, action) && fitsCall(element, { ...call, arguments: null });
}

function isNone(args: JsonObject, { arguments: schema }: CatalogAction): boolean {
  return schema !== null && Object.keys(schema.properties).length === 0 && Object.keys(args).length === 0;
}
