// Calls in the words of the configuration, as OpenAPI tells them.
import { ApiProperty } from './wire/describe.js';

/** What an argument can be (contract section 3). */
const ARGUMENT = {
  oneOf: [{ type: 'string' }, { type: 'integer' }, { type: 'boolean' }, { type: 'array', items: {} }],
};

/** One action of a call, with the sentence that the configuration says of it. */
export class SaidActionAnswer {
  action!: string;
  /** @example 'Refund 40.00 EUR for order 8812' */
  sentence!: string | null;
}

/** One argument as people read it. */
export class SaidArgumentAnswer {
  name!: string;
  /** @example 'Amount' */
  title!: string | null;
  /** As the request has it. */
  @ApiProperty(ARGUMENT)
  value!: unknown;
  /** By the format of its schema; `null` where that says no more than the value. @example '40.00 EUR' */
  shown!: string | null;
  /** A policy in force reads it. */
  read_by_policy!: boolean;
}

/** One element of the request in words, by the configuration in force; what is `null` the request leaves free. */
export class SaidCallAnswer {
  actions!: SaidActionAnswer[];
  identifier!: string | null;
  /** Those that policy reads first. */
  arguments!: SaidArgumentAnswer[] | null;
}
