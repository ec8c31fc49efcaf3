import type { ToolCall } from '#domain/authority/authorization-details.js';
import { canonicalJson } from '#domain/authority/canonical-json.js';
import type { CatalogAction } from '#domain/catalog.js';
import type { JsonObject } from '#domain/json.js';
import type { Registry } from './ports.js';
import type { GrantRow } from './rows.js';

/** What somebody is about to do with a token. */
export interface Call {
  readonly action: string;
  readonly identifier: string | null;
  readonly arguments: JsonObject | null;
}

/**
 * Why a call is not within what was granted, `null` when it is. What was granted under an older catalog is judged by the
 * stricter of both: nothing may be done that the catalog no longer has, nor in a way that it no longer takes.
 */
export function callFault(
  call: Call,
  { resource, granted }: Pick<GrantRow, 'resource' | 'granted'>,
  { catalog }: Pick<Registry, 'catalog'>,
): 'action_not_granted' | 'inactive' | 'digest_mismatch' | null {
  const naming = granted.authorization_details.filter((element) => element.actions.includes(call.action));
  if (naming.length === 0) return 'action_not_granted';
  const action = catalog.resources
    .find((candidate) => candidate.id === resource)
    ?.actions.find((candidate) => candidate.name === call.action);
  if (action === undefined) return 'inactive';
  return naming.some((element) => identified(element, call, action) && argued(element, call, action))
    ? null
    : 'digest_mismatch';
}

/** An element that names an identifier needs exactly that one; without one it covers none that must be named. */
function identified(element: ToolCall, call: Call, action: CatalogAction): boolean {
  if (element.identifier === undefined) return action.identifierRequired !== true;
  return element.identifier === call.identifier;
}

/** An element with arguments needs exactly these. One without is of an action that took none when it was granted. */
function argued(element: ToolCall, call: Call, action: CatalogAction): boolean {
  if (element.arguments === undefined) return call.arguments === null || isNone(call.arguments, action);
  if (action.arguments === null || call.arguments === null) return false;
  return canonicalJson(element.arguments) === canonicalJson(call.arguments);
}

/** An empty object is how a caller says "none" where the action takes an object in which nothing can stand. */
function isNone(args: JsonObject, { arguments: schema }: CatalogAction): boolean {
  return schema !== null && Object.keys(schema.properties).length === 0 && Object.keys(args).length === 0;
}
