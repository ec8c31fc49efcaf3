/** JSON as the broker accepts it from strangers: see `strict-json.ts` in contracts for what the parser refuses. */
export type Json = null | boolean | number | string | readonly Json[] | JsonObject;
export interface JsonObject {
  readonly [key: string]: Json;
}
