import type { ArgumentSchema, ArgumentsSchema } from '../catalog.js';
import type { Json, JsonObject } from '../json.js';
import { LIMITS } from '../limits.js';
import type { FieldFault } from '../refusal.js';
import { matchesPattern } from './pattern.js';

/** Why an argument was refused. The first six are a wrong shape; the others a right type with an unacceptable value. */
export type ArgumentRule =
  | 'no_arguments'
  | 'required'
  | 'unknown_field'
  | 'type_string'
  | 'type_integer'
  | 'type_boolean'
  | 'type_array'
  | 'too_long'
  | 'too_many_items'
  | 'out_of_range'
  | 'enum'
  | 'pattern';

export interface ArgumentFault extends FieldFault {
  readonly rule: ArgumentRule;
}

/**
 * Checks the arguments of one element against one action's schema, in the contract's subset of JSON Schema 2020-12.
 * @param schema null: the action takes no arguments, not even an empty object
 * @param args undefined: the element has no `arguments` member, refused when the schema has any property ({} means none)
 * @param pointer JSON pointer (RFC 6901) to the `arguments` member
 * @returns every fault, empty when the arguments conform
 */
export function checkArguments(
  schema: ArgumentsSchema | null,
  args: JsonObject | undefined,
  pointer: string,
): ArgumentFault[] {
  if (schema === null) return args === undefined ? [] : [{ pointer, rule: 'no_arguments' }];
  if (args === undefined && schema.required.length === 0 && Object.keys(schema.properties).length > 0) {
    // An element without the member would cover any arguments, while policy judged none.
    return [{ pointer, rule: 'required' }];
  }
  const faults: ArgumentFault[] = [];
  for (const name of schema.required) {
    if (args === undefined || !Object.hasOwn(args, name))
      faults.push({ pointer: member(pointer, name), rule: 'required' });
  }
  for (const [name, value] of Object.entries(args ?? {})) {
    // Own properties only: an argument called `constructor` must not find the prototype's.
    const property = Object.hasOwn(schema.properties, name) ? schema.properties[name] : undefined;
    if (property === undefined) faults.push({ pointer: member(pointer, name), rule: 'unknown_field' });
    else checkValue(property, value, member(pointer, name), faults);
  }
  return faults;
}

function checkValue(schema: ArgumentSchema, value: Json, pointer: string, faults: ArgumentFault[]): void {
  switch (schema.type) {
    case 'boolean':
      if (typeof value !== 'boolean') faults.push({ pointer, rule: 'type_boolean' });
      return;
    case 'integer':
      if (typeof value !== 'number' || !Number.isInteger(value)) faults.push({ pointer, rule: 'type_integer' });
      else if (!inRange(schema, value)) faults.push({ pointer, rule: 'out_of_range' });
      return;
    case 'string':
      if (typeof value !== 'string') faults.push({ pointer, rule: 'type_string' });
      else checkText(schema, value, pointer, faults);
      return;
    case 'array':
      if (!Array.isArray(value)) faults.push({ pointer, rule: 'type_array' });
      else checkItems(schema, value, pointer, faults);
  }
}

function inRange(schema: ArgumentSchema & { type: 'integer' }, value: number): boolean {
  return (
    Number.isSafeInteger(value) &&
    value >= (schema.minimum ?? -LIMITS.integerMax) &&
    value <= (schema.maximum ?? LIMITS.integerMax)
  );
}

function checkText(
  schema: ArgumentSchema & { type: 'string' },
  value: string,
  pointer: string,
  faults: ArgumentFault[],
): void {
  if (isLongerThan(value, schema.maxLength ?? LIMITS.authorizationDetailsBytesMax))
    faults.push({ pointer, rule: 'too_long' });
  else if (schema.pattern !== undefined && !matchesPattern(schema.pattern, value))
    faults.push({ pointer, rule: 'pattern' });
  if (schema.enum !== undefined && !schema.enum.includes(value)) faults.push({ pointer, rule: 'enum' });
}

function checkItems(
  schema: ArgumentSchema & { type: 'array' },
  items: readonly Json[],
  pointer: string,
  faults: ArgumentFault[],
): void {
  if (schema.maxItems !== undefined && items.length > schema.maxItems) {
    faults.push({ pointer, rule: 'too_many_items' });
    return;
  }
  items.forEach((item, index) => checkValue(schema.items, item, `${pointer}/${index}`, faults));
}

/** Counts code points, as JSON Schema does; stops early where UTF-16 units decide it already. */
function isLongerThan(text: string, codePointsMax: number): boolean {
  if (text.length <= codePointsMax) return false;
  if (text.length > codePointsMax * 2) return true;
  let codePoints = 0;
  for (const _ of text) codePoints += 1;
  return codePoints > codePointsMax;
}

function member(pointer: string, name: string): string {
  return `${pointer}/${name.replaceAll('~', '~0').replaceAll('/', '~1')}`;
}
