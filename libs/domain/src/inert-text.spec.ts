import { describe, expect, it } from '@jest/globals';
import { unlinkedLine, visibleLine, visibleText } from './inert-text.js';

describe('text of unknown origin', () => {
  it('shows what is invisible or reorders', () => {
    expect(visibleText('a\u202eb\u200bc\u2066d')).toBe('a\\u{202e}b\\u{200b}c\\u{2066}d');
    expect(visibleText('nul\u0000tab\t')).toBe('nul\\u{0}tab\\u{9}');
  });

  it('keeps markup as the characters it is: escaping is for whoever shows it', () => {
    expect(visibleText('<b>&amp;*bold*')).toBe('<b>&amp;*bold*');
  });

  it('keeps line breaks, but few, and on one line not even one', () => {
    expect(visibleText('a\r\nb\n\n\n\nc')).toBe('a\nb\n\nc');
    expect(visibleLine('a\nb')).toBe('a\\u{a}b');
  });

  it('counts long gaps and piles of marks instead of drawing them', () => {
    expect(visibleText(`a${' '.repeat(40)}b`)).toBe('a ⟨40 spaces⟩ b');
    expect(visibleText(`x${'\u0335'.repeat(6)}`)).toBe(`x${'\u0335'.repeat(4)}\\u{335}\\u{335}`);
  });

  it('changes nothing the second time', () => {
    const once = visibleText('a\u202e  \n\n\n\u2028é');
    expect(visibleText(once)).toBe(once);
  });
});

describe('text for places that make links by themselves', () => {
  it.each([
    ['https://evil.example/a', 'https[:]//evil[.]example/a'],
    ['www.evil.example', 'www[.]evil[.]example'],
    ['evil\u3002example', 'evil[\u3002]example'],
    ['mailto:eve@evil.example', 'mailto[:]eve[@]evil[.]example'],
    ['eve@localhost', 'eve[@]localhost'],
    ['tel:112', 'tel[:]112'],
    ['\\\\server\\share', '[\\\\]server\\share'],
  ])('has no address left in it: %s', (text, shown) => {
    expect(unlinkedLine(text)).toBe(shown);
  });

  it.each(['order/8812', '40.00 EUR', 'note: fine', '10:45', '8812'])('leaves %j as it is', (text) => {
    expect(unlinkedLine(text)).toBe(text);
  });
});
