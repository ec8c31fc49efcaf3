const UNITS: readonly (readonly [number, string])[] = [
  [86_400, 'day'],
  [3_600, 'hour'],
  [60, 'minute'],
  [1, 'second'],
];

/** Seconds in words, exactly: `300` is `5 minutes`, `90` is `1 minute 30 seconds`. */
export function durationWords(seconds: number): string {
  return unitsOf(seconds).join(' ') || '0 seconds';
}

/** A measured time by its two largest units: `3700` is `1 hour 1 minute`. */
export function roughDuration(seconds: number): string {
  return unitsOf(seconds).slice(0, 2).join(' ') || 'under a second';
}

function unitsOf(seconds: number): string[] {
  let rest = Math.max(0, Math.round(seconds));
  return UNITS.flatMap(([size, name]) => {
    const count = Math.floor(rest / size);
    rest %= size;
    return count === 0 ? [] : [`${count} ${name}${count === 1 ? '' : 's'}`];
  });
}
