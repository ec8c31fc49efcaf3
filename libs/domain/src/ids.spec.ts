import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { formatId, isId, type IdPrefix } from '#domain/ids.js';

const prefix = fc.constantFrom<IdPrefix>('esc', 'grt', 'tok', 'evt', 'vote');
const time = fc.integer({ min: 0, max: 2 ** 48 - 1 });
const random = fc.uint8Array({ minLength: 10, maxLength: 10 });

describe('ids', () => {
  it('have their prefix and 26 Crockford characters', () => {
    fc.assert(
      fc.property(prefix, time, random, (kind, now, bytes) =>
        expect(isId(kind, formatId(kind, now, bytes))).toBe(true),
      ),
    );
  });

  it('sort by the time they were made at', () => {
    fc.assert(
      fc.property(time, time, random, random, (a, b, one, two) => {
        fc.pre(a !== b);
        expect(formatId('esc', a, one) < formatId('esc', b, two)).toBe(a < b);
      }),
    );
  });

  it('differ when their randomness does', () => {
    fc.assert(
      fc.property(time, random, random, (now, one, two) => {
        expect(formatId('esc', now, one) === formatId('esc', now, two)).toBe(Buffer.compare(one, two) === 0);
      }),
    );
  });

  it('write the bits that the ULID specification writes', () => {
    expect(formatId('esc', 0, new Uint8Array(10))).toBe(`esc_${'0'.repeat(26)}`);
    expect(formatId('grt', 2 ** 48 - 1, new Uint8Array(10).fill(255))).toBe('grt_7ZZZZZZZZZZZZZZZZZZZZZZZZZ');
    expect(formatId('tok', 1_469_918_176_385, new Uint8Array(10)).slice(4, 14)).toBe('01ARYZ6S41');
  });

  it.each([
    ['another prefix', 'grt_01KAMZ0000000000000000000A'],
    ['no prefix', '01KAMZ0000000000000000000A'],
    ['25 characters', 'esc_01KAMZ000000000000000000A'],
    ['27 characters', 'esc_01KAMZ00000000000000000000A'],
    ['a letter that Crockford leaves out', 'esc_01KAMZ0000000000000000000I'],
    ['lower case', 'esc_01kamz0000000000000000000a'],
    ['a new line', 'esc_01KAMZ0000000000000000000A\n'],
    ['no text', 7],
    ['nothing', undefined],
  ])('are not recognised with %s', (_name, value) => expect(isId('esc', value)).toBe(false));
});
