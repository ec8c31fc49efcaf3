/** JSON as the broker accepts it from strangers: see `strict-json.ts` for what the parser refuses. */
export type Json = null | boolean | number | string | readonly Json[] | JsonObject;
export interface JsonObject {
  readonly [key: string]: Json;
}

/** A JSON object as parsed from a stranger's bytes: nothing is known of its members yet. */
export type UntypedObject = Readonly<Record<string, unknown>>;

/** Whether something parsed is a JSON object: neither `null` nor an array. */
export function isObject(value: unknown): value is UntypedObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** A member of something parsed; `undefined` where it is no object or has no such member of its own. */
export function member(of: unknown, name: string): unknown {
  return isObject(of) && Object.hasOwn(of, name) ? of[name] : undefined;
}
