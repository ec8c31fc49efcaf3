import type { AuthenticationWatch } from '../ports.js';

/** The broker as assertions name it, the clock they are judged by, and who hears of those that fail. */
export interface Audience {
  readonly issuer: string;
  nowSeconds(): number;
  readonly watch?: AuthenticationWatch;
  /** Callers are told why they are refused: only where they can be nobody but the operator. */
  readonly explains?: boolean;
}

/** An `Audience`. */
export const AUDIENCE = Symbol('audience');
