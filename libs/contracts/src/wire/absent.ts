import { ValidateIf } from './rules.js';

/** The member may be left out, but `null` is a wrong type. */
export const Absent = (): PropertyDecorator => ValidateIf((_body, value) => value !== undefined);
