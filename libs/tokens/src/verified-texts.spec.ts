import { expect, it } from '@jest/globals';
import { VerifiedTexts } from './verified-texts.js';

const VERIFIED = { kid: 'k', claims: {}, canonical: true };

it('keeps so many texts, of them the ones used last', () => {
  const texts = new VerifiedTexts();
  for (let count = 0; count < 4_096; count += 1) texts.keep(`t${count}`, VERIFIED);
  expect(texts.find('t0')).toBe(VERIFIED);
  texts.keep('one more', VERIFIED);
  expect([texts.find('t0'), texts.find('t1'), texts.find('one more')]).toEqual([VERIFIED, undefined, VERIFIED]);
});

it('keeps eight megabytes of text, whatever their number', () => {
  const texts = new VerifiedTexts();
  const long = (name: number): string => `${name}${'x'.repeat(3 * 1024 * 1024)}`;
  for (const name of [1, 2, 2, 3]) texts.keep(long(name), VERIFIED);
  expect([1, 2, 3].map((name) => texts.find(long(name)) !== undefined)).toEqual([false, true, true]);
});
