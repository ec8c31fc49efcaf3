import { describe, expect, it } from '@jest/globals';
import type { Finding } from './finding.js';
import { checkClock, checkFolder, checkIssuer, checkProxy } from './surroundings.js';

const bad = (findings: readonly Finding[]): string[] =>
  findings.flatMap(({ about, level, problem }) => (problem === null ? [] : [`${level} ${about}: ${problem}`]));

describe('the folder', () => {
  it('is in order where nothing differs from what is in force', () => {
    expect(bad(checkFolder({ known: [] }))).toEqual([]);
  });
  it('is told of with what differs, and with the command', () => {
    expect(bad(checkFolder({ known: ['policy changed 1-tiers.cedar'] }))).toEqual([
      'problem configuration folder: not in force, 1 differ (policy changed 1-tiers.cedar): run `writ apply`',
    ]);
  });
  it('is told of when it cannot be read', () => {
    expect(bad(checkFolder({ fault: 'The configuration cannot be used: …' }))[0]).toMatch(/cannot be used/);
  });
});

describe('the proxy', () => {
  it.each([
    ['http://localhost:3000', []],
    ['https://writ.example', ['10.0.0.0/8']],
  ])('is in order at %s with %j', (issuer, trustedProxies) => {
    expect(bad(checkProxy({ issuer, trustedProxies }))).toEqual([]);
  });
  it('is told of where the issuer is https and nobody is named', () => {
    expect(bad(checkProxy({ issuer: 'https://writ.example', trustedProxies: [] }))).toEqual([
      expect.stringMatching(/^problem proxy in front: .*WRIT_TRUSTED_PROXIES names nobody/),
    ]);
  });
});

describe('the clock', () => {
  const by = (databaseAheadMs: number | null, providerAheadMs: number | null = null): string[] =>
    bad(checkClock({ databaseAheadMs, providerAheadMs }));

  it('is in order within two seconds, and within the second more that the header Date hides', () => {
    expect(by(1_900, -2_900)).toEqual([]);
  });
  it('is odd from two seconds on, either way', () => {
    expect(by(2_100)).toEqual([
      expect.stringMatching(/^warning clock, by the database: this machine is 2 s behind: .*NTP/),
    ]);
    expect(by(-5_000)).toEqual([expect.stringMatching(/^warning .*this machine is 5 s ahead/)]);
  });
  it('is wrong from ten seconds on', () => {
    expect(by(null, 60_000)).toEqual([
      expect.stringMatching(/^problem clock, by the OpenID provider: this machine is 60 s behind/),
    ]);
  });
  it('is not told of by whom nobody asked', () => {
    expect(checkClock({ databaseAheadMs: null, providerAheadMs: null })).toEqual([]);
  });
});

describe('the issuer', () => {
  const issuer = 'https://writ.example';
  it('is in order where its address leads to a broker of this name', () => {
    expect(bad(checkIssuer(issuer, { issuer, status: 200 }))).toEqual([]);
  });
  it.each<[string, Parameters<typeof checkIssuer>[1], RegExp]>([
    [
      'cannot be reached from here',
      { fault: 'ECONNREFUSED' },
      /^warning issuer .*not reached from here \(ECONNREFUSED\)/,
    ],
    [
      'leads to another',
      { issuer: 'https://other.example', status: 200 },
      /^problem .*says it is https:\/\/other\.example/,
    ],
    ['leads to what is no broker', { issuer: null, status: 400 }, /^problem .*answered 400 and no metadata/],
  ])('is told of when it %s', (_what, answer, said) => {
    expect(bad(checkIssuer(issuer, answer))).toEqual([expect.stringMatching(said)]);
  });
});
