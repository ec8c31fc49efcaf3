import { plainToInstance } from 'class-transformer';
import type { ValidationError } from 'class-validator';
import { isObject } from '#domain/json.js';
import { refuse, type FieldFault, type Refusal, type RefusalCode } from '#domain/refusal.js';
import { getMetadataStorage, Validator } from './rules.js';

type Constructor<T> = new () => T;

const validator = new Validator();

/** Constraints whose breach is a right type with an unacceptable value (422). Every other breach is a wrong shape (400). */
const VALUE_CODES: Readonly<Record<string, RefusalCode>> = {
  maxLength: 'too_long',
  min: 'out_of_range',
  max: 'out_of_range',
  arrayMaxSize: 'too_large',
  arrayMinSize: 'out_of_range',
};

const TYPES = ['isString', 'isInt', 'isBoolean', 'isArray', 'isObject'];

interface Fault extends FieldFault {
  readonly code: RefusalCode;
}

/**
 * Reads a parsed JSON body into its class: every member typed, bounded and known, or one refusal that names every
 * member with the rule it broke. Wrong shapes outrank unacceptable values.
 */
export function readBody<T extends object>(type: Constructor<T>, json: unknown): T | Refusal {
  if (!isObject(json)) {
    return refuse('invalid_request', 'The body must be a JSON object.', {
      errors: [{ pointer: '', rule: 'must be an object' }],
    });
  }
  const reserved = findReservedKey(json, '');
  if (reserved !== null) {
    return refuse('unknown_field', 'The body has a member that is not known here.', {
      errors: [{ pointer: reserved, rule: 'is not known here' }],
    });
  }
  const nested = findNestedList(json, '');
  if (nested !== null) {
    return refuse(codeOf('isObject', nested), 'The request does not have the form that is asked here.', {
      errors: [{ pointer: nested, rule: 'must not be a list' }],
    });
  }
  const body = plainToInstance(type, json);
  if (takesNothing(type)) return readNothing(body, json);
  const errors = validator.validateSync(body, {
    whitelist: true,
    forbidNonWhitelisted: true,
    forbidUnknownValues: true,
  });
  if (errors.length === 0) return body;
  const faults = errors.flatMap((error) => faultsOf(error, ''));
  const shape = faults.filter((fault) => !Object.values(VALUE_CODES).includes(fault.code));
  const told = shape.length > 0 ? shape : faults;
  return refuse((told[0] as Fault).code, 'The request does not have the form that is asked here.', {
    errors: faults.map(({ pointer, rule }) => ({ pointer, rule })),
  });
}

/** A class without members is one that class-validator does not know. */
function takesNothing(type: Constructor<object>): boolean {
  return getMetadataStorage().getTargetValidationMetadatas(type, '', false, false).length === 0;
}

function readNothing<T extends object>(body: T, json: object): T | Refusal {
  const errors = Object.keys(json).map((key) => ({ pointer: memberOf('', key), rule: 'is not known here' }));
  return errors.length === 0 ? body : refuse('unknown_field', 'The body must be an empty JSON object.', { errors });
}

function faultsOf(error: ValidationError, parent: string): Fault[] {
  const pointer = memberOf(parent, error.property);
  const own = firstBroken(error.constraints ?? {}).map(([name, message]) => ({
    pointer,
    rule: ruleOf(name, message, error.property),
    code: codeOf(name, pointer),
  }));
  return [...own, ...(error.children ?? []).flatMap((child) => faultsOf(child, pointer))];
}

/** One constraint of a member speaks for it: a wrong type breaks its bounds too, but is a wrong type. */
function firstBroken(constraints: Readonly<Record<string, string>>): [string, string][] {
  const rank = (name: string): number => (TYPES.includes(name) ? 0 : name in VALUE_CODES ? 2 : 1);
  return Object.entries(constraints)
    .sort(([a], [b]) => rank(a) - rank(b))
    .slice(0, 1);
}

/** class-validator's sentence without the member's name in front, which the pointer says better. */
function ruleOf(constraint: string, message: string, property: string): string {
  if (constraint === 'whitelistValidation') return 'is not known here';
  if (constraint === 'nestedValidation') return 'must be an object';
  return message.startsWith(`${property} `) ? message.slice(property.length + 1) : message;
}

/** Inside an element RFC 9396 has one word for a wrong shape. */
function codeOf(constraint: string, pointer: string): RefusalCode {
  const value = VALUE_CODES[constraint];
  if (value !== undefined) return value;
  if (/^(\/limits|\/request)?\/authorization_details\/\d+/.test(pointer)) return 'invalid_authorization_details';
  return constraint === 'whitelistValidation' ? 'unknown_field' : 'invalid_request';
}

/** Names that every object inherits: the libraries below would read them as its own machinery, or find them declared. */
function findReservedKey(value: unknown, pointer: string): string | null {
  if (typeof value !== 'object' || value === null) return null;
  for (const [key, inner] of Object.entries(value)) {
    const here = memberOf(pointer, key);
    if (key in Object.prototype || key === 'prototype') return here;
    const found = findReservedKey(inner, here);
    if (found !== null) return found;
  }
  return null;
}

/** class-validator walks into a list inside a list of objects and finds nothing to say. Only `arguments` may hold one. */
function findNestedList(value: unknown, pointer: string): string | null {
  if (typeof value !== 'object' || value === null) return null;
  for (const [key, inner] of Object.entries(value)) {
    if (key === 'arguments') continue;
    const here = memberOf(pointer, key);
    if (Array.isArray(value) && Array.isArray(inner)) return here;
    const found = findNestedList(inner, here);
    if (found !== null) return found;
  }
  return null;
}

/** RFC 6901: the pointer to a member of what `pointer` names. */
function memberOf(pointer: string, key: string): string {
  return `${pointer}/${key.replaceAll('~', '~0').replaceAll('/', '~1')}`;
}
