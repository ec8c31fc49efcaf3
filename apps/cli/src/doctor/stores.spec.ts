import { describe, expect, it } from '@jest/globals';
import type { RoleCheckup } from '#persistence/schema/role-checkup.js';
import type { Finding } from './finding.js';
import { checkDatabase, checkKeys, checkQueue, type KeyFacts } from './stores.js';

const role = (more: Partial<RoleCheckup> = {}): { known: RoleCheckup } => ({
  known: { role: 'writ_app', superuser: false, owned: 0, missing: [], pending: [], aheadMs: 0, ...more },
});
const keys = (more: Partial<KeyFacts> = {}): { known: KeyFacts } => ({
  known: { wanted: ['ES256'], keys: [{ kid: 'k1', alg: 'ES256', opens: true }], sealsDiffer: false, ...more },
});
const bad = (findings: readonly Finding[]): string[] =>
  findings.flatMap(({ about, level, problem }) => (problem === null ? [] : [`${level} ${about}: ${problem}`]));

describe('the database', () => {
  it('is in order where the serving role has data rights alone', () => {
    expect(bad(checkDatabase(role(), 'production'))).toEqual([]);
  });

  it('is in order as the broker’s own, whose one role owns everything', () => {
    expect(bad(checkDatabase(role({ superuser: true, owned: 40 }), 'embedded'))).toEqual([]);
  });

  it.each<[string, Partial<RoleCheckup>, RegExp]>([
    [
      'migrations are pending',
      { pending: ['1_a', '2_b'] },
      /^problem migrations: 2 pending \(1_a, 2_b\): run `writ migrate`/,
    ],
    [
      'rights are missing',
      { missing: ['select on "votes"'] },
      /^problem rights of the serving role writ_app: it has not select on "votes"/,
    ],
    ['a superuser serves', { superuser: true }, /^problem database roles: writ_app, which serves, is a superuser/],
    ['one role owns and serves', { owned: 40 }, /^warning database roles: writ_app serves and owns 40 tables/],
  ])('is told of when %s', (_what, more, said) => {
    expect(bad(checkDatabase(role(more), 'production'))).toEqual([expect.stringMatching(said)]);
  });

  it('is only odd under a superuser where somebody tries Writ out', () => {
    expect(bad(checkDatabase(role({ superuser: true }), 'trial'))).toEqual([expect.stringMatching(/^warning /)]);
  });

  it('is told of in one line when it is away', () => {
    expect(bad(checkDatabase({ fault: 'connect ECONNREFUSED' }, 'production'))).toEqual([
      'problem database: connect ECONNREFUSED',
    ]);
  });
});

describe('the master key', () => {
  it('is in order where it opens the keys and there is one for each algorithm', () => {
    expect(bad(checkKeys(keys()))).toEqual([]);
  });

  it.each<[string, Partial<KeyFacts>, RegExp]>([
    [
      'it opens no key',
      { keys: [{ kid: 'k1', alg: 'ES256', opens: false }] },
      /^problem master key: WRIT_MASTER_KEY is not that of this database/,
    ],
    [
      'no configuration bears its seal',
      { sealsDiffer: true },
      /^problem master key: WRIT_MASTER_KEY is not that of this database/,
    ],
    [
      'it opens some and not others',
      {
        keys: [
          { kid: 'k1', alg: 'ES256', opens: true },
          { kid: 'k2', alg: 'ES256', opens: false },
        ],
      },
      /^problem master key: it does not open k2: somebody wrote these rows/,
    ],
    ['nothing can be signed', { keys: [] }, /^problem signing keys: none for ES256/],
    ['one algorithm has no key', { wanted: ['ES256', 'RS256'] }, /^problem signing keys: none for RS256/],
  ])('or what it opens is told of when %s', (_what, more, said) => {
    expect(bad(checkKeys(keys(more)))).toEqual([expect.stringMatching(said)]);
  });
});

it('the queue is told of in its own words', () => {
  expect(bad(checkQueue('postgres', null))).toEqual([]);
  expect(bad(checkQueue('redis', 'it evicts'))).toEqual(['problem queue in Redis: it evicts']);
});
