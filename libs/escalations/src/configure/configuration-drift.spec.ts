import { describe, expect, it } from '@jest/globals';
import type { Catalog } from '#domain/catalog.js';
import { catalogDifferences } from './catalog-differences.js';
import { driftOf, driftWords } from './configuration-drift.js';
import type { AppliedConfiguration, NewConfiguration } from '../judge/configuration-store.js';

const person = (id: string, more: object = {}) => ({
  id,
  name: null,
  email: null,
  roles: ['approver'] as const,
  slack: [],
  oidc: null,
  ...more,
});
const CATALOG: Catalog = {
  resources: [
    {
      id: 'https://a.example',
      name: 'A',
      environment: null,
      classification: null,
      owners: null,
      maxTokenTtlSeconds: 300,
      signingAlg: 'ES256',
      verifiers: [],
      actions: [{ name: 'a.read', risk: 'low', arguments: null }],
    },
  ],
  agents: [],
  clients: [],
  people: [person('alice'), person('bob')],
  groups: [{ id: 'oncall', members: ['alice', 'bob'], slackChannel: null }],
  limits: { pendingPerAgent: 20, createsPerMinute: 60 },
};
const FORBID = '@id("no-drops") forbid (principal, action, resource);';
const IN_FORCE: AppliedConfiguration = {
  seq: '7',
  sha256: 'sha256:aa',
  catalog: CATALOG,
  policies: [{ name: 'all.cedar', text: FORBID }],
  people: {},
};
const folder = (next: Partial<NewConfiguration>) =>
  ({
    readable: true,
    configuration: { catalog: CATALOG, policies: IN_FORCE.policies, sha256: 'sha256:bb', policyVersion: 'v', ...next },
  }) as const;

describe('a configuration folder', () => {
  it('is in force when its hash is', () => {
    expect(driftWords(driftOf(folder({ sha256: 'sha256:aa' }), IN_FORCE))).toBe('folder sha256:aa is in force');
  });

  it('is in force when nothing in it differs, whatever an earlier version called it', () => {
    expect(driftOf(folder({}), IN_FORCE)).toEqual({ kind: 'none', folder: 'sha256:bb' });
  });

  it('that differs is told by the names of what differs, and what to run', () => {
    const drift = driftOf(
      folder({
        catalog: { ...CATALOG, people: [person('alice')], limits: { ...CATALOG.limits, createsPerMinute: 5 } },
        policies: [
          { name: 'all.cedar', text: `${FORBID}\n@id("x") ${FORBID.slice(16)}` },
          { name: 'b.cedar', text: '@id("y") forbid (principal, action, resource);' },
        ],
      }),
      IN_FORCE,
    );
    expect(driftWords(drift)).toBe(
      'folder sha256:bb is not in force: 1 person differs (bob), 2 policies differ (x, y), the limits differ; run `writ apply`',
    );
  });

  it('that cannot be read says why, and that the rest stays in force', () => {
    expect(driftWords(driftOf({ readable: false, why: 'policies: the folder does not exist' }, IN_FORCE))).toBe(
      'the configuration folder cannot be applied, what was applied before stays in force: policies: the folder does not exist',
    );
  });
});

describe('what differs in a catalogue', () => {
  it('is told thing by thing, place by place, old and new', () => {
    const [resource] = CATALOG.resources;
    if (resource === undefined) throw new Error('the catalogue has a resource');
    const next: Catalog = {
      ...CATALOG,
      resources: [
        {
          ...resource,
          maxTokenTtlSeconds: 60,
          actions: [
            { name: 'a.read', risk: 'high', arguments: null },
            { name: 'a.write', risk: 'low', arguments: null },
          ],
        },
      ],
      people: [person('alice', { email: 'a@example.com' }), person('carol')],
      groups: [{ id: 'oncall', members: ['alice', 'carol'], slackChannel: null }],
      limits: { ...CATALOG.limits, pendingPerAgent: 5 },
    };
    expect(catalogDifferences(CATALOG, next)).toEqual([
      {
        kind: 'resource',
        change: 'changed',
        id: 'https://a.example',
        details: [
          'max_token_ttl: 300 → 60',
          'actions.a.read.risk: "low" → "high"',
          'actions.a.write: added {"name":"a.write","risk":"low","arguments":null}',
        ],
      },
      { kind: 'person', change: 'changed', id: 'alice', details: ['email: changed'] },
      { kind: 'person', change: 'added', id: 'carol', details: [] },
      { kind: 'person', change: 'retired', id: 'bob', details: [] },
      { kind: 'group', change: 'changed', id: 'oncall', details: ['members.bob: removed', 'members.carol: added'] },
      { kind: 'limits', change: 'changed', id: 'limits', details: ['pending_per_agent: 20 → 5'] },
    ]);
  });

  it('is nothing when only members without a value differ', () => {
    expect(
      catalogDifferences(CATALOG, { ...CATALOG, limits: { ...CATALOG.limits, signingKeyDays: undefined as never } }),
    ).toEqual([]);
  });

  it('has neither the hash of a secret nor an address that may be one', () => {
    const client = (hash: string) => ({
      id: 'api',
      roles: ['verifier'] as const,
      auth: { kind: 'secret_hash', hash } as const,
    });
    const group = (url: string) => ({
      id: 'oncall',
      members: [],
      slackChannel: null,
      notify: [{ kind: 'webhook', url } as const],
    });
    const told = catalogDifferences(
      { ...CATALOG, clients: [client('scrypt-one')], groups: [group('https://hooks.example/one')] },
      { ...CATALOG, clients: [client('scrypt-two')], groups: [group('https://hooks.example/two')] },
    );
    expect(told.map(({ details }) => details)).toEqual([['auth.hash: changed'], ['notify: changed']]);
  });

  it('never runs away: what one thing has lost or won is told in forty lines', () => {
    const members = Array.from({ length: 60 }, (_, index) => `p${index}`);
    const groups = [{ id: 'oncall', members, slackChannel: null }];
    const details = catalogDifferences(CATALOG, { ...CATALOG, groups })[0]?.details ?? [];
    expect([details.length, details.at(-1)]).toEqual([41, 'and 22 more']);
  });
});
