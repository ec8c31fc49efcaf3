/** A timestamptz as epoch milliseconds (with the microseconds as a fraction), which is how rows leave this library. */
export function ms(column: string): string {
  return `(extract(epoch from ${column}) * 1000)::float8`;
}

/** A timestamptz parameter given as epoch milliseconds. */
export function at(parameter: number): string {
  return `to_timestamp($${parameter}::float8 / 1000)`;
}

export const NOW = `${ms('clock_timestamp()')} as "now"`;
