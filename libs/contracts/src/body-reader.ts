import { plainToInstance } from 'class-transformer';
import { validateSync, type ValidationError } from 'class-validator';
import { refuse, type FieldFault, type Refusal, type RefusalCode } from '#domain/refusal.js';

type Constructor<T> = new () => T;

/** Constraints whose breach is a right type with an unacceptable value (422). Every other breach is a wrong shape (400). */
const VALUE_CODES: Readonly<Record<string, RefusalCode>> = {
  maxLength: 'too_long',
  min: 'out_of_range',
  max: 'out_of_range',
  arrayMaxSize: 'too_large',
};

interface Fault extends FieldFault {
  readonly code: RefusalCode;
}

/**
 * Reads a parsed JSON body into its class: every member typed, bounded and known, or one refusal that names every
 * member with the rule it broke. Wrong shapes outrank unacceptable values.
 */
export function readBody<T extends object>(type: Constructor<T>, json: unknown): T | Refusal {
  if (typeof json !== 'object' || json === null || Array.isArray(json)) {
    return refuse('invalid_request', 'The body must be a JSON object.', { errors: [{ pointer: '', rule: 'must be an object' }] });
  }
  const reserved = findReservedKey(json, '');
  if (reserved !== null) {
    return refuse('unknown_field', 'The body has a member that is not known here.', { errors: [{ pointer: reserved, rule: 'is not known here' }] });
  }
  const body = plainToInstance(type, json);
  const errors = validateSync(body, { whitelist: true, forbidNonWhitelisted: true, forbidUnknownValues: true, stopAtFirstError: true });
  if (errors.length === 0) return body;
  const faults = errors.flatMap((error) => faultsOf(error, ''));
  const shape = faults.filter((fault) => !Object.values(VALUE_CODES).includes(fault.code));
  const told = shape.length > 0 ? shape : faults;
  return refuse((told[0] as Fault).code, 'The request does not have the form that is asked here.', {
    errors: faults.map(({ pointer, rule }) => ({ pointer, rule })),
  });
}

function faultsOf(error: ValidationError, parent: string): Fault[] {
  const pointer = `${parent}/${error.property.replaceAll('~', '~0').replaceAll('/', '~1')}`;
  const own = Object.entries(error.constraints ?? {}).map(([name, message]) => ({
    pointer,
    rule: name === 'whitelistValidation' ? 'is not known here' : message.replace(`${error.property} `, ''),
    code: codeOf(name, pointer),
  }));
  return [...own, ...(error.children ?? []).flatMap((child) => faultsOf(child, pointer))];
}

/** Inside an element RFC 9396 has one word for a wrong shape. */
function codeOf(constraint: string, pointer: string): RefusalCode {
  const value = VALUE_CODES[constraint];
  if (value !== undefined) return value;
  if (/^(\/limits)?\/authorization_details\/\d+/.test(pointer)) return 'invalid_authorization_details';
  return constraint === 'whitelistValidation' ? 'unknown_field' : 'invalid_request';
}

/** `constructor` and `prototype` would be read by the libraries below as the object's own machinery. */
function findReservedKey(value: unknown, pointer: string): string | null {
  if (typeof value !== 'object' || value === null) return null;
  for (const [key, inner] of Object.entries(value)) {
    const here = `${pointer}/${key}`;
    if (key === 'constructor' || key === 'prototype') return here;
    const found = findReservedKey(inner, here);
    if (found !== null) return found;
  }
  return null;
}
