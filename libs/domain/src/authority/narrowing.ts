import type { AuthorityLimits, Cut, GrantedAuthority, ToolCall } from './authorization-details.js';
import { canonicalJson } from './canonical-json.js';

/**
 * The comparator of type `tool_call`: true when every call that `narrow` allows, `wide` allows too.
 * An absent `identifier` or `arguments` leaves that member free, so adding one narrows and dropping one widens.
 */
export function elementWithin(narrow: ToolCall, wide: ToolCall): boolean {
  return (
    narrow.type === wide.type &&
    narrow.actions.every((action) => wide.actions.includes(action)) &&
    (wide.identifier === undefined || narrow.identifier === wide.identifier) &&
    (wide.arguments === undefined ||
      (narrow.arguments !== undefined && canonicalJson(narrow.arguments) === canonicalJson(wide.arguments)))
  );
}

/** True when each element of `narrow` lies within some element of `wide`. */
export function detailsWithin(narrow: readonly ToolCall[], wide: readonly ToolCall[]): boolean {
  return narrow.every((element) => wide.some((outer) => elementWithin(element, outer)));
}

/** True when `narrow` grants nothing that `wide` does not. */
export function authorityWithin(narrow: GrantedAuthority, wide: GrantedAuthority): boolean {
  return (
    narrow.ttl <= wide.ttl &&
    (wide.max_uses === null || (narrow.max_uses !== null && narrow.max_uses <= wide.max_uses)) &&
    detailsWithin(narrow.authorization_details, wide.authorization_details)
  );
}

/** True when the limits ask for no more than `asked`; a wider limit is a mistake to report, never silently clamped. */
export function limitsWithin(limits: AuthorityLimits, asked: GrantedAuthority): boolean {
  return (
    (limits.ttl === undefined || limits.ttl <= asked.ttl) &&
    (limits.max_uses === undefined || asked.max_uses === null || limits.max_uses <= asked.max_uses) &&
    (limits.authorization_details === undefined ||
      detailsWithin(limits.authorization_details, asked.authorization_details))
  );
}

/** The meet of an authority and limits: the widest authority within both. */
export function narrow(asked: GrantedAuthority, limits: AuthorityLimits): GrantedAuthority {
  return {
    ttl: Math.min(asked.ttl, limits.ttl ?? asked.ttl),
    max_uses: smaller(asked.max_uses, limits.max_uses ?? null),
    authorization_details:
      limits.authorization_details === undefined
        ? asked.authorization_details
        : meetDetails(asked.authorization_details, limits.authorization_details),
  };
}

function smaller(a: number | null, b: number | null): number | null {
  if (a === null) return b;
  return b === null ? a : Math.min(a, b);
}

function meetDetails(a: readonly ToolCall[], b: readonly ToolCall[]): ToolCall[] {
  const met: ToolCall[] = [];
  for (const left of a) {
    for (const right of b) {
      const both = meetElements(left, right);
      if (both !== null && !met.some((other) => elementWithin(both, other))) met.push(both);
    }
  }
  return met;
}

function meetElements(a: ToolCall, b: ToolCall): ToolCall | null {
  const actions = a.actions.filter((action) => b.actions.includes(action));
  if (actions.length === 0) return null;
  if (a.identifier !== undefined && b.identifier !== undefined && a.identifier !== b.identifier) return null;
  if (
    a.arguments !== undefined &&
    b.arguments !== undefined &&
    canonicalJson(a.arguments) !== canonicalJson(b.arguments)
  )
    return null;
  const identifier = a.identifier ?? b.identifier;
  const args = a.arguments ?? b.arguments;
  return {
    type: 'tool_call',
    actions,
    ...(identifier === undefined ? {} : { identifier }),
    ...(args === undefined ? {} : { arguments: args }),
  };
}

/** What was cut from the ask, field by field, for the agent and the record. */
export function cutsBetween(asked: GrantedAuthority, granted: GrantedAuthority): Cut[] {
  const fields = ['ttl', 'max_uses', 'authorization_details'] as const;
  return fields
    .filter((field) => canonicalJson(asked[field]) !== canonicalJson(granted[field]))
    .map((field) => ({ field, asked: asked[field], granted: granted[field] }));
}
