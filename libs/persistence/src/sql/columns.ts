import type { Voter } from '#domain/approval/eligibility.js';
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
 * triggers ask. A token's end is told for so long.
 */
export function stillAccepted(column: string): string {
  return `${column} > clock_timestamp() - make_interval(secs => ${LIMITS.verifierLeewaySeconds})`;
}

/** A timestamptz as text that holds it to the microsecond: the key of a page. */
export const MICROS = (column: string): string => `(extract(epoch from ${column}) * 1000000)::bigint::text`;
/** The instant of such a key. @param key SQL of it */
export const INSTANT_OF = (key: string): string => `timestamptz 'epoch' + ${key}::bigint * interval '1 microsecond'`;

/** A vote `v` of the very person whose id, uid and first millisecond the parameters from `first` on are: `voterValues`. */
export const castBy = (first: number): string =>
  `v."person_id" = $${first} and (v."person_uid" = $${first + 1} or (v."person_uid" is null and v."at" >= ${at(first + 2)}))`;
export const voterValues = ({ person, uid, since }: Voter): readonly unknown[] => [person, uid, since];
