import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { ROOT } from '#platform/root.js';

/** A schema of OpenAPI 3.0, as far as this repository uses it. */
export interface Schema {
  readonly $ref?: string;
  readonly type?: string;
  readonly nullable?: boolean;
  readonly enum?: readonly unknown[];
  readonly items?: Schema;
  readonly required?: readonly string[];
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly additionalProperties?: boolean | Schema;
  readonly allOf?: readonly Schema[];
  readonly oneOf?: readonly Schema[];
  readonly minimum?: number;
  readonly maximum?: number;
  readonly maxLength?: number;
}

export interface Media {
  readonly schema?: Schema;
  readonly example?: unknown;
  readonly examples?: Readonly<Record<string, { readonly value: unknown }>>;
}

export interface Operation {
  readonly path: string;
  readonly method: string;
  readonly operationId: string;
  readonly summary?: string;
  readonly tags?: readonly string[];
  readonly security?: readonly Readonly<Record<string, unknown>>[];
  readonly parameters?: readonly {
    readonly name: string;
    readonly in: string;
    readonly required?: boolean;
    readonly description?: string;
    readonly schema?: Schema;
  }[];
  readonly requestBody?: { readonly content: Readonly<Record<string, Media>> };
  readonly responses: Readonly<
    Record<string, { readonly description?: string; readonly content?: Readonly<Record<string, Media>> }>
  >;
}

interface Document {
  readonly info: { readonly description: string };
  readonly tags: readonly { readonly name: string; readonly description?: string }[];
  readonly paths: Readonly<Record<string, Readonly<Record<string, Omit<Operation, 'path' | 'method'>>>>>;
  readonly components: { readonly schemas: Readonly<Record<string, Schema>> };
}

/** The description in the repository's root, which `npm run verify` holds against the controllers. */
export const openapi = JSON.parse(readFileSync(join(ROOT, 'openapi.json'), 'utf8')) as Document;

/** Every operation with its path and its method in capitals. */
export const operations: readonly Operation[] = Object.entries(openapi.paths).flatMap(([path, item]) =>
  Object.entries(item).map(([method, operation]) => ({ path, method: method.toUpperCase(), ...operation })),
);

/** The schema itself where it is a reference to one. */
export function resolved(schema: Schema): Schema {
  if (schema.$ref === undefined) return schema;
  const found = openapi.components.schemas[schema.$ref.split('/').at(-1) ?? ''];
  if (found === undefined) throw new Error(`no schema ${schema.$ref}`);
  return found;
}

/** Every way in which the value is not what the schema says; empty when it conforms. */
export function faultsOf(given: Schema, value: unknown, at = ''): string[] {
  const schema = resolved(given);
  if (value === null && schema.nullable === true) return [];
  if (schema.oneOf !== undefined) {
    const each = schema.oneOf.map((one) => faultsOf(one, value, at));
    return each.some((faults) => faults.length === 0) ? [] : (each[0] ?? []);
  }
  const faults = (schema.allOf ?? []).flatMap((one) => faultsOf(one, value, at));
  if (schema.enum !== undefined && !schema.enum.includes(value)) faults.push(`${at} is not one of its words`);
  if (!ofType(schema.type, value)) return [...faults, `${at || 'it'} is no ${schema.type}`];
  if (Array.isArray(value)) {
    const { items } = schema;
    return items === undefined ? faults : [...faults, ...value.flatMap((one, i) => faultsOf(items, one, `${at}/${i}`))];
  }
  if (typeof value === 'object' && value !== null) faults.push(...faultsOfMembers(schema, value, at));
  return faults;
}

function faultsOfMembers(schema: Schema, value: object, at: string): string[] {
  const known = schema.properties ?? {};
  const faults = (schema.required ?? []).filter((name) => !(name in value)).map((name) => `${at}/${name} is missing`);
  for (const [name, member] of Object.entries(value)) {
    const rule = known[name];
    if (rule !== undefined) faults.push(...faultsOf(rule, member, `${at}/${name}`));
    else if (schema.additionalProperties === false) faults.push(`${at}/${name} is not described`);
  }
  return faults;
}

function ofType(type: string | undefined, value: unknown): boolean {
  if (type === undefined) return true;
  if (type === 'array') return Array.isArray(value);
  if (type === 'integer') return Number.isInteger(value);
  if (type === 'object') return typeof value === 'object' && value !== null && !Array.isArray(value);
  return typeof value === type;
}
