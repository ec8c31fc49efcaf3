import { describe, expect, it } from '@jest/globals';
import { readIdempotencyKey } from './idempotency-key.js';

describe('an Idempotency-Key', () => {
  it('may be left out', () => expect(readIdempotencyKey(undefined)).toBeNull());

  it.each([
    ['bare', 'k-1', 'k-1'],
    ['quoted, which names the same key', '"k-1"', 'k-1'],
    ['one character', 'k', 'k'],
    ['128 characters', 'k'.repeat(128), 'k'.repeat(128)],
    ['128 quoted characters', `"${'k'.repeat(128)}"`, 'k'.repeat(128)],
    [
      'every visible character that needs no quoting',
      "!#$%&'()*+,-./:;<=>?@[]^_`{|}~",
      "!#$%&'()*+,-./:;<=>?@[]^_`{|}~",
    ],
  ])('is read %s', (_name, header, key) => expect(readIdempotencyKey(header)).toBe(key));

  it.each([
    ['empty', ''],
    ['quoted and empty', '""'],
    ['129 characters', 'k'.repeat(129)],
    ['129 quoted characters', `"${'k'.repeat(129)}"`],
    ['with a space', 'two words'],
    ['with a space in quotes', '"two words"'],
    ['with a control character', 'k\u0007'],
    ['with DEL', 'k\u007f'],
    ['beyond ASCII', 'clé'],
    ['given twice', ['a', 'b']],
    ['given twice on one line', 'a, b'],
  ])('is refused %s', (_name, header) => {
    expect(readIdempotencyKey(header)).toMatchObject({
      refused: true,
      code: 'invalid_request',
      errors: [{ pointer: 'Idempotency-Key' }],
    });
  });
});
