/** A JSON object whose members are not yet known. */
export type JsonObject = { [member: string]: unknown };

/** True for a JSON object (not null, not an array). */
export function isObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** Takes JSON text; returns the value, or undefined when it does not parse. */
export function parseJson(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return undefined;
  }
}

/** Returns the member when it is a string, else an empty string. */
export function stringOf(source: unknown, member: string): string {
  const value = isObject(source) ? source[member] : undefined;
  return typeof value === 'string' ? value : '';
}

/** Returns the member when it is an array of objects, else an empty array. */
export function objectsOf(source: unknown, member: string): JsonObject[] {
  const value = isObject(source) ? source[member] : undefined;
  return Array.isArray(value) ? value.filter(isObject) : [];
}
