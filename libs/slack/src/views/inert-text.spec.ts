import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { escapeMrkdwn, inert, inertLine } from './inert-text.js';
import { HOSTILE } from './card/sample-card.fixture.js';

const INVISIBLE = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Co}\p{Cn}\p{Cs}\p{Default_Ignorable_Code_Point}]/u;
const any = fc.oneof(fc.string({ unit: 'binary' }), fc.constantFrom(...HOSTILE));

describe('inert text', () => {
  it('holds nothing invisible but line breaks', () => {
    fc.assert(fc.property(any, (text) => expect(inert(text).replaceAll('\n', '')).not.toMatch(INVISIBLE)));
  });

  it('is unchanged by being made inert again', () => {
    fc.assert(fc.property(any, (text) => expect(inert(inert(text))).toBe(inert(text))));
  });

  it('leaves ordinary words of any script alone', () => {
    for (const text of ['Refund order 8812', 'Größe – 10 €', '返金', 'שלום', 'Việt', 'a\nb\n\nc']) {
      expect(inert(text)).toBe(text.normalize('NFC'));
    }
  });

  it('writes out direction marks, zero widths, tags and variation selectors', () => {
    expect(inert('a\u202eb')).toBe('a\\u{202e}b');
    expect(inert('a\u200bb')).toBe('a\\u{200b}b');
    expect(inert('a\u{e0041}b')).toBe('a\\u{e0041}b');
    expect(inert('a\ufe0fb')).toBe('a\\u{fe0f}b');
    expect(inert('a\tb')).toBe('a\\u{9}b');
  });

  it('collapses blank lines, and long runs of spaces into their count', () => {
    expect(inert('a\n\n\n\n\nb')).toBe('a\n\nb');
    expect(inert(`a${' '.repeat(8)}b`)).toBe(`a${' '.repeat(8)}b`);
    expect(inert(`a${' '.repeat(30)}b`)).toBe('a ⟨30 spaces⟩ b');
    expect(inert(`a${'\u3000'.repeat(9)}b`)).toBe('a ⟨9 spaces⟩ b');
  });

  it('shows the written form of an entity that Slack would decode', () => {
    expect(inert('&lt;!channel&gt;')).toBe('\\u{26}lt;!channel\\u{26}gt;');
    expect(inert('A & B')).toBe('A & B');
  });

  it('keeps a value on its line', () => {
    expect(inertLine('name\nApproved by: Alice')).toBe('name\\u{a}Approved by: Alice');
  });

  it('escapes the ampersand first in the one text that cannot be plain', () => {
    expect(escapeMrkdwn('<!channel> & co')).toBe('&lt;!channel&gt; &amp; co');
  });
});
