import { describe, expect, it } from '@jest/globals';
import { dayIn, momentWords, utcWords } from './moment-words.js';

const AT = new Date('2026-11-12T23:25:46.500Z');
const berlin = { zone: 'Europe/Berlin', today: '2026-11-13', own: 'Europe/Berlin' };

describe('a moment', () => {
  it('of today is the time alone', () => {
    expect(momentWords(AT, berlin)).toBe('00:25');
    expect(momentWords(AT, berlin, { seconds: true })).toBe('00:25:46');
  });

  it('of any other day has its date and its zone', () => {
    expect(momentWords(AT, { ...berlin, today: '2026-11-14' })).toMatch(/^13 Nov 2026, 00:25 (CET|GMT\+1)$/);
    expect(momentWords(AT, { ...berlin, today: '2026-11-12' }, { seconds: true })).toMatch(
      /^13 Nov 2026, 00:25:46 (CET|GMT\+1)$/,
    );
    expect(momentWords(AT, { zone: 'UTC', today: '2026-11-13', own: 'UTC' })).toBe('12 Nov 2026, 23:25 UTC');
  });

  it('of today has its zone where that is not the reader’s own', () => {
    expect(momentWords(AT, { ...berlin, own: 'America/New_York' })).toMatch(/^00:25 (CET|GMT\+1)$/);
  });

  it('is of the day that it is in the zone, and the same for everybody in UTC', () => {
    expect([dayIn('UTC', AT), dayIn('Europe/Berlin', AT), dayIn('America/New_York', AT)]).toEqual([
      '2026-11-12',
      '2026-11-13',
      '2026-11-12',
    ]);
    expect(utcWords(AT)).toBe('2026-11-12 23:25:46 UTC');
  });
});
