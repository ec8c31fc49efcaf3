import type { EntityJson, TypeAndId } from '@cedar-policy/cedar-wasm/nodejs';
import type { ToolCall } from '#domain/authority/authorization-details.js';
import { isWellFormed } from '#domain/authority/canonical-json.js';
import type { ArgumentSchema, ArgumentsSchema, CatalogAction, CatalogResource } from '#domain/catalog.js';
import type { Json, JsonObject } from '#domain/json.js';
import type { PolicyQuestion } from '#domain/policy-decision.js';
import { ACTION_TYPE, AGENT_TYPE, GROUP_TYPE, RESOURCE_TYPE } from './schema.js';

export type CedarValue = boolean | number | string | CedarValue[] | CedarRecord;
export interface CedarRecord {
  [name: string]: CedarValue;
}

/** A value the schema has no place for. `why` names the member by its configured name and never repeats the value. */
export class Misfit {
  constructor(readonly why: string) {}
}

/** One Cedar request, ids as `{type, id}` so that no id is ever read as policy text. */
export interface CedarRequest {
  readonly principal: TypeAndId;
  readonly action: TypeAndId;
  readonly resource: TypeAndId;
  readonly context: CedarRecord;
  readonly entities: EntityJson[];
}

/** The Cedar request of one (element, action) pair, or why it cannot be said in the schema's types. */
export function cedarRequest(
  question: PolicyQuestion,
  element: ToolCall,
  resource: CatalogResource,
  action: CatalogAction,
): CedarRequest | Misfit {
  const args = cedarArguments(element.arguments, action.arguments);
  if (args instanceof Misfit) return args;
  if (action.identifierRequired === true && element.identifier === undefined) return new Misfit('identifier: required');
  const { request, facts } = question;
  const clock = clockFacts(question.nowMs);
  const context: CedarRecord = {
    risk: action.risk,
    arguments: args,
    requested_ttl: request.requested_ttl,
    break_glass: request.break_glass,
    chain_depth: request.chain.length,
    hour_utc: clock.hour_utc,
    weekday: clock.weekday,
    has_ticket: request.task.ticket !== null,
    recent_denials: facts.recent_denials,
    open_grants: facts.open_grants,
    pending_asks: facts.pending_asks,
    granted_last_hour: countOf(facts.granted_last_hour, action.name),
    granted_last_day: countOf(facts.granted_last_day, action.name),
  };
  if (element.identifier !== undefined) context['identifier'] = element.identifier;
  if (request.max_uses !== null) context['max_uses'] = request.max_uses;
  const principal = { type: AGENT_TYPE, id: question.agent.id };
  const target = { type: RESOURCE_TYPE, id: resource.id };
  return {
    principal,
    action: { type: ACTION_TYPE, id: action.name },
    resource: target,
    context,
    entities: [
      { uid: principal, attrs: {}, parents: question.agent.groups.map((id) => ({ type: GROUP_TYPE, id })) },
      { uid: target, attrs: resourceAttributes(resource), parents: [] },
    ],
  };
}

/** The hour (0-23) and weekday (1 Monday - 7 Sunday) in UTC of `nowMs`, milliseconds since the epoch. */
export function clockFacts(nowMs: number): { readonly hour_utc: number; readonly weekday: number } {
  const now = new Date(nowMs);
  return { hour_utc: now.getUTCHours(), weekday: now.getUTCDay() === 0 ? 7 : now.getUTCDay() };
}

/** How often `action` was granted; an action that is absent has none. */
export function countOf(counts: Readonly<Record<string, number>>, action: string): number {
  return Object.hasOwn(counts, action) ? (counts[action] ?? 0) : 0;
}

/**
 * The `arguments` record of the context, built name by name from the schema: only names the schema holds are read, so a
 * Cedar escape (`__entity`, `__extn`) cannot come in as a key, and each value must have its declared type.
 * An action without arguments has the empty record. An element that leaves `arguments` out, of an action that takes any,
 * is a misfit: its token would cover every argument, while policy would judge none. `{}` asks for a call without any.
 */
export function cedarArguments(given: JsonObject | undefined, schema: ArgumentsSchema | null): CedarRecord | Misfit {
  const properties = Object.entries(schema?.properties ?? {});
  if (given === undefined) {
    return properties.length === 0 ? {} : new Misfit('arguments: left out, though this action takes arguments');
  }
  if (schema === null) return new Misfit('arguments: this action takes none');
  if (Object.keys(given).some((name) => !Object.hasOwn(schema.properties, name))) {
    return new Misfit('arguments: a member that the schema does not name');
  }
  const record: CedarRecord = {};
  for (const [name, type] of properties) {
    const value = Object.hasOwn(given, name) ? given[name] : undefined;
    if (value === undefined) {
      if (schema.required.includes(name)) return new Misfit(`arguments.${name}: required`);
      continue;
    }
    const converted = cedarValue(value, type);
    if (converted === undefined) return new Misfit(`arguments.${name}: not of type ${type.type}`);
    record[name] = converted;
  }
  return record;
}

/** Stand-in arguments for an ask that names none: the smallest value of each required member, nothing optional. */
export function emptyArguments(schema: ArgumentsSchema | null): JsonObject | undefined {
  if (schema === null) return undefined;
  const required = Object.entries(schema.properties).filter(([name]) => schema.required.includes(name));
  return Object.fromEntries(required.map(([name, type]) => [name, emptyValue(type)]));
}

function emptyValue(schema: ArgumentSchema): Json {
  switch (schema.type) {
    case 'string':
      return schema.enum?.[0] ?? '';
    case 'integer':
      return Math.min(Math.max(0, schema.minimum ?? 0), schema.maximum ?? Number.MAX_SAFE_INTEGER);
    case 'boolean':
      return false;
    case 'array':
      return [];
  }
}

function cedarValue(value: Json, schema: ArgumentSchema): CedarValue | undefined {
  switch (schema.type) {
    case 'string':
      return typeof value === 'string' && isWellFormed(value) ? value : undefined;
    case 'integer':
      // `+ 0` turns -0 into 0: Cedar's Long has one zero.
      return typeof value === 'number' && Number.isSafeInteger(value) ? value + 0 : undefined;
    case 'boolean':
      return typeof value === 'boolean' ? value : undefined;
    case 'array': {
      if (!Array.isArray(value)) return undefined;
      const items: CedarValue[] = [];
      for (const item of value as readonly Json[]) {
        const converted = cedarValue(item, schema.items);
        if (converted === undefined) return undefined;
        items.push(converted);
      }
      return items;
    }
  }
}

function resourceAttributes(resource: CatalogResource): Record<string, string> {
  return {
    ...(resource.environment === null ? {} : { environment: resource.environment }),
    ...(resource.classification === null ? {} : { classification: resource.classification }),
  };
}
