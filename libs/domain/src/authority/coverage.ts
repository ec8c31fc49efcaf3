import type { JsonObject } from '../json.js';
import type { ToolCall } from './authorization-details.js';
import { canonicalJson } from './canonical-json.js';
import { sha256Of } from './digest.js';

/** What somebody is about to do with a token. */
export interface Call {
  readonly action: string;
  readonly identifier: string | null;
  readonly arguments: JsonObject | null;
}

/** An element as a token carries it: of `arguments` and `arguments_digest` at most one. */
export interface GrantedCall extends ToolCall {
  /** `sha256:` and hex over the RFC 8785 form of arguments too large for a token. */
  readonly arguments_digest?: string;
}

const MEMBERS = new Set(['type', 'actions', 'identifier', 'arguments', 'arguments_digest']);

/** Why these elements cover no such call, `null` when one of them does: nothing is put together from two. */
export function coverageFault(
  details: readonly GrantedCall[],
  call: Call,
): 'action_not_granted' | 'digest_mismatch' | null {
  const naming = details.filter((element) => namesAction(element, call.action));
  if (naming.length === 0) return 'action_not_granted';
  return naming.some((element) => fitsCall(element, call)) ? null : 'digest_mismatch';
}

/** True of an element that grants the action at all. One that says more than is understood here grants nothing. */
export function namesAction(element: GrantedCall, action: string): boolean {
  const understood = element.type === 'tool_call' && Object.keys(element).every((member) => MEMBERS.has(member));
  return understood && element.actions.includes(action);
}

/** True where identifier and arguments of the call are the element's own. Without an identifier it covers any. */
export function fitsCall(element: GrantedCall, call: Call): boolean {
  const { identifier, arguments: args, arguments_digest: digest } = element;
  if (identifier !== undefined && identifier !== call.identifier) return false;
  // Arguments are left out only of actions that take none: absent means none, never any.
  if (args === undefined && digest === undefined) return call.arguments === null;
  if (call.arguments === null) return false;
  const same = args === undefined || canonicalJson(args) === canonicalJson(call.arguments);
  return same && (digest === undefined || digest === sha256Of(call.arguments));
}
