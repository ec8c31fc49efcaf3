import type { RecordType, SchemaJson, Type, TypeOfAttribute } from '@cedar-policy/cedar-wasm/nodejs';
import { canonicalJson } from '#domain/authority/canonical-json.js';
import type { ArgumentSchema, ArgumentsSchema, Catalog, CatalogResource } from '#domain/catalog.js';

export const AGENT_TYPE = 'Writ::Agent';
export const GROUP_TYPE = 'Writ::Group';
export const RESOURCE_TYPE = 'Writ::Resource';
export const ACTION_TYPE = 'Writ::Action';

export type CedarSchema = SchemaJson<string>;
type Attribute = TypeOfAttribute<string>;
type Attributes = Record<string, Attribute>;

/** An action of one name, over all resources that have it. */
interface Merged {
  readonly resource: string;
  /** Each of them wants an identifier. */
  readonly identified: boolean;
  readonly attributes: Attributes;
}

/** The generated schema, or the rules the catalogue breaks (sentences that name the resources concerned). */
export type SchemaResult =
  { readonly ok: true; readonly schema: CedarSchema } | { readonly ok: false; readonly faults: readonly string[] };

/**
 * Generates the Cedar schema, JSON form, from the catalogue: one action entity and one context type per distinct action
 * name. An action name may stand on several resources: its `arguments` type is then the union of their properties, where
 * a property that some resource lacks or leaves optional is optional (a policy must test it with `has`). So is `identifier`,
 * unless each resource says that the action requires one.
 * Refuses a property that two resources type differently, and property names beginning `__`, which are Cedar's escapes.
 */
export function generateSchema(catalog: Catalog): SchemaResult {
  const faults: string[] = [];
  const merged = new Map<string, Merged>();
  for (const resource of catalog.resources) {
    for (const action of resource.actions) {
      const attributes = argumentsType(action.arguments, action.name, resource, faults);
      const earlier = merged.get(action.name);
      merged.set(action.name, {
        resource: resource.id,
        identified: action.identifierRequired === true && earlier?.identified !== false,
        attributes:
          earlier === undefined
            ? attributes
            : union(earlier.attributes, attributes, (property) =>
                faults.push(
                  `action ${action.name} types argument ${property} differently on ${earlier.resource} and ${resource.id}`,
                ),
              ),
      });
    }
  }
  if (faults.length > 0) return { ok: false, faults };
  const names = [...merged.keys()].sort();
  const actions = Object.fromEntries(names.map((name) => [name, actionType(merged.get(name))]));
  return { ok: true, schema: { Writ: { entityTypes: entityTypes(), actions } } };
}

function entityTypes(): CedarSchema[string]['entityTypes'] {
  const word: Attribute = { type: 'String', required: false };
  return {
    Agent: { memberOfTypes: ['Group'] },
    Group: {},
    Resource: { shape: { type: 'Record', attributes: { environment: word, classification: word } } },
  };
}

function actionType(merged: Merged | undefined): CedarSchema[string]['actions'][string] {
  const long: Attribute = { type: 'Long' };
  const context: RecordType<string> & { type: 'Record' } = {
    type: 'Record',
    attributes: {
      risk: { type: 'String' },
      arguments: { type: 'Record', attributes: merged?.attributes ?? {} },
      identifier: { type: 'String', required: merged?.identified === true },
      requested_ttl: long,
      max_uses: { type: 'Long', required: false },
      break_glass: { type: 'Boolean' },
      chain_depth: long,
      hour_utc: long,
      weekday: long,
      has_ticket: { type: 'Boolean' },
      recent_denials: long,
      open_grants: long,
      pending_asks: long,
      granted_last_hour: long,
      granted_last_day: long,
    },
  };
  return { appliesTo: { principalTypes: ['Agent'], resourceTypes: ['Resource'], context } };
}

function argumentsType(
  schema: ArgumentsSchema | null,
  action: string,
  resource: CatalogResource,
  faults: string[],
): Attributes {
  const attributes: Attributes = {};
  for (const [property, type] of Object.entries(schema?.properties ?? {})) {
    if (property.startsWith('__')) {
      faults.push(`action ${action} on ${resource.id} names an argument beginning __, which is reserved`);
      continue;
    }
    attributes[property] = { ...cedarType(type), required: schema?.required.includes(property) ?? false };
  }
  return attributes;
}

/** The Cedar type of one argument: string, Long, Boolean, or a Set of one of these (order and repetition are lost). */
function cedarType(schema: ArgumentSchema): Type<string> {
  switch (schema.type) {
    case 'string':
      return { type: 'String' };
    case 'integer':
      return { type: 'Long' };
    case 'boolean':
      return { type: 'Boolean' };
    case 'array':
      return { type: 'Set', element: cedarType(schema.items) };
  }
}

function union(left: Attributes, right: Attributes, conflict: (property: string) => void): Attributes {
  const both: Attributes = {};
  for (const property of new Set([...Object.keys(left), ...Object.keys(right)])) {
    const [a, b] = [own(left, property), own(right, property)];
    const known = a ?? b;
    if (known === undefined) continue;
    if (a !== undefined && b !== undefined && canonicalJson(bare(a)) !== canonicalJson(bare(b))) conflict(property);
    both[property] = { ...known, required: a?.required === true && b?.required === true };
  }
  return both;
}

function own(attributes: Attributes, property: string): Attribute | undefined {
  return Object.hasOwn(attributes, property) ? attributes[property] : undefined;
}

function bare(attribute: Attribute): unknown {
  return { ...attribute, required: undefined };
}
