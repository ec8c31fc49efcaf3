const CROCKFORD = '0123456789ABCDEFGHJKMNPQRSTVWXYZ';

export type IdPrefix = 'esc' | 'grt' | 'tok' | 'evt' | 'vote' | 'per';

/**
 * A prefixed ULID: 48 bits of `nowMs`, 80 bits of randomness, 26 Crockford characters.
 * @param nowMs milliseconds since the epoch
 * @param random exactly 10 random bytes
 */
export function formatId(prefix: IdPrefix, nowMs: number, random: Uint8Array): string {
  let time = '';
  let rest = nowMs;
  for (let i = 0; i < 10; i += 1) {
    time = CROCKFORD[rest % 32] + time;
    rest = Math.floor(rest / 32);
  }
  return `${prefix}_${time}${eightOf(random, 0)}${eightOf(random, 5)}`;
}

/** Five bytes as eight characters: forty bits, which a number holds. */
function eightOf(bytes: Uint8Array, from: number): string {
  let rest = 0;
  for (let i = from; i < from + 5; i += 1) rest = rest * 256 + (bytes[i] ?? 0);
  let characters = '';
  for (let i = 0; i < 8; i += 1) {
    characters = CROCKFORD[rest % 32] + characters;
    rest = Math.floor(rest / 32);
  }
  return characters;
}

/** True when `value` has the exact form of an id with this prefix. */
export function isId(prefix: IdPrefix, value: unknown): value is string {
  return (
    typeof value === 'string' &&
    value.startsWith(`${prefix}_`) &&
    /^[0-9A-HJKMNP-TV-Z]{26}$/.test(value.slice(prefix.length + 1))
  );
}

/** Milliseconds since the epoch at which an id was drawn, by the clock of who drew it; `null` for what is no id of ours. */
export function idTimeMs(id: string): number | null {
  const [, ulid] = /^[a-z]+_([0-7][0-9A-HJKMNP-TV-Z]{25})$/.exec(id) ?? [];
  if (ulid === undefined) return null;
  return [...ulid.slice(0, 10)].reduce((time, digit) => time * 32 + CROCKFORD.indexOf(digit), 0);
}
