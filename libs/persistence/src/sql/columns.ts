import { LIMITS } from '#domain/limits.js';

/** A timestamptz as epoch milliseconds (with the microseconds as a fraction), which is how rows leave this library. */
export function ms(column: string): string {
  return `(extract(epoch from ${column}) * 1000)::float8`;
}

/** A timestamptz parameter given as epoch milliseconds. */
export function at(parameter: number): string {
  return `to_timestamp($${parameter}::float8 / 1000)`;
}

/** Epoch milliseconds of the database clock. */
export const NOW = `${ms('clock_timestamp()')} as "now"`;

/**
 * True while a verifier may still accept what runs out at this instant; twin of `verifier_leeway` in SQL, which the
 * triggers ask. What is told of a token is told for so long.
 */
export function stillAccepted(column: string): string {
  return `${column} > clock_timestamp() - make_interval(secs => ${LIMITS.verifierLeewaySeconds})`;
}
