import { describe, expect, it } from '@jest/globals';
import { inertLine, jsonText, table } from './text.js';

describe('text on a terminal', () => {
  it('cannot steer the terminal, start a line of its own or turn round what is read', () => {
    expect(inertLine('a\u001b[31mb\u009bc\r\nd\u202ee\u2028f')).toBe(
      'a\\u{1b}[31mb\\u{9b}c\\u{d}\\u{a}d\\u{202e}e\\u{2028}f',
    );
    expect(inertLine('Grüße, 日本語')).toBe('Grüße, 日本語');
  });

  it('is equal data as JSON, with nothing in it that a terminal obeys', () => {
    const value = { words: 'a\u001b\u009b\u202e\u{e0001}z' };
    const text = jsonText(value);
    expect(JSON.parse(text)).toEqual(value);
    expect(text).toMatch(/^[\x20-\x7e\n]+$/);
  });

  it('stands in columns, numbers to the right, no blanks at the end', () => {
    expect(
      table(
        ['ID', 'USES', 'WHY'],
        [
          ['first', 3, '-'],
          ['b', 12, 'done'],
        ],
      ),
    ).toEqual(['ID     USES  WHY', 'first     3  -', 'b        12  done']);
    expect(table(['ID', 'NAME'], [['a\nb', '']])).toEqual(['ID       NAME', 'a\\u{a}b']);
  });
});
