import { describe, expect, it } from '@jest/globals';
import { compilePattern, matchesPattern } from './pattern.js';

/** As long as all texts of one request together. */
const LONG = 4_096;

describe('a pattern', () => {
  it.each([
    ['^(([a-z0-9.-]+)(,|,\\s)?)+$', `${'a'.repeat(LONG)}/x`],
    ['^(a+)+$', `${'a'.repeat(LONG)}!`],
    ['^(a|a)*$', `${'a'.repeat(LONG)}!`],
    ['^(a|aa)+$', `${'a'.repeat(LONG)}!`],
    ['(x+x+)+y', 'x'.repeat(LONG)],
    ['^([a-zA-Z0-9]+\\s?)+$', `${'a '.repeat(LONG / 2)}!`],
    ['^(.*a){20}$', `${'a'.repeat(LONG)}!`],
    ['^(\\w+\\.?)*@example$', `${'a.'.repeat(LONG / 2)}`],
  ])('answers in time however the text is made: %s', (pattern, text) => {
    // A backtracking engine would not come back from any of these.
    expect(matchesPattern(pattern, text)).toBe(false);
  });

  it.each<[string, string, boolean]>([
    ['b+', 'abbc', true],
    ['^b+$', 'abb', false],
    ['^b$', 'b\n', false],
    ['^.$', '😀', true],
    ['^.{1,3}$', '😀😀😀😀', false],
    ['^\\p{L}+$', 'Größe', true],
    ['^[^\\s/]{1,64}$', 'a/b', false],
    ['^(?i)ord-\\d+$', 'ORD-12', true],
    ['', 'anything', true],
  ])('%s over %j is %s', (pattern, text, matches) => {
    expect(matchesPattern(pattern, text)).toBe(matches);
  });

  it.each([
    ['a look-ahead', '(?=a)b'],
    ['a look-behind', '(?<!a)b'],
    ['a back-reference', '(a)\\1'],
    ['a named back-reference', '(?<x>a)\\k<x>'],
    ['an open class', '[a'],
    ['a repetition without end', 'a{1001}'],
    ['repetitions of repetitions', '((a{0,30}){0,30}){0,30}'],
    ['more states than a request may cost', '[a-z]{1,500}[a-z]{1,400}'],
  ])('is none with %s, and then lets nothing pass', (_what, pattern) => {
    expect(compilePattern(pattern)).toEqual({ fault: expect.stringMatching(/\S/) });
    expect(matchesPattern(pattern, 'a')).toBe(false);
  });
});
