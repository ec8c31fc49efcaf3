import { describe, expect, it } from '@jest/globals';
import { askVerb, firstNames, shortDigest, usesWords } from './short-words.js';

describe('few words', () => {
  it('never call unlimited a number', () => {
    expect([usesWords(null), usesWords(1), usesWords(2)]).toEqual(['unlimited uses', '1 use', '2 uses']);
  });

  it('show of a digest what can be compared by eye', () => {
    expect(shortDigest(`sha256:7fe46c5507d9${'0'.repeat(52)}`)).toBe('7fe46c5507d9');
  });

  it('count the names that do not fit, and hide nothing in one that does', () => {
    expect(firstNames(['a', 'b'], 1)).toBe('a and 1 more');
    expect(firstNames(['a', 'b', 'c', 'd'])).toBe('a, b, c, d');
    expect(firstNames(['pay\u202e'])).toBe('pay\\u{202e}');
  });

  it('say in the past what was asked once it is decided', () => {
    expect([askVerb(true, true), askVerb(true, false), askVerb(false, true)]).toEqual([
      'wants:',
      'wants',
      'asked for:',
    ]);
  });
});
