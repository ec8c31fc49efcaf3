import { describe, expect, it } from '@jest/globals';
import type { Catalog } from '#domain/catalog.js';
import type { EventRow } from '#escalations/watch/history.js';
import { directNotices } from './direct-notices.js';
import { AT, catalogTelling, event, ISSUER, pendingRefund, registryOf } from './notice.fixture.js';
import { placeOf, type NotifiedRequest } from './notice.js';

const LATE = AT + 730_000;
const EVENTS = [
  event('escalation.requested'),
  event('escalation.reminded', { step: 'late', group: 'oncall' }),
  event('escalation.deputy_asked', { group: 'oncall', deputy: 'platform' }),
];
const MEMBERS: Readonly<Record<string, string[]>> = { oncall: ['alice', 'bob', 'carol'], platform: ['carol', 'dave'] };

function catalog(roles: readonly string[] = ['approver']): Catalog {
  const base = catalogTelling({});
  return {
    ...base,
    groups: base.groups.map((group) => ({ ...group, members: MEMBERS[group.id] ?? [] })),
    people: ['alice', 'bob', 'carol', 'dave'].map((id) => ({
      id,
      name: null,
      email: null,
      oidc: null,
      roles,
      slack: [{ team: 'T1', user: id.toUpperCase() }],
    })) as Catalog['people'],
  };
}

function told(more: Partial<NotifiedRequest> = {}, events: readonly EventRow[] = EVENTS, known = catalog()): string[] {
  const request = {
    escalation: pendingRefund({ request: { ...pendingRefund().request, chain: [] } }),
    asksPeople: true,
  };
  return directNotices({ ...request, quiet: new Set(), now: LATE, ...more }, events, registryOf(known), ISSUER).map(
    ({ notice, target }) => `${notice.group} → ${placeOf(target)}`,
  );
}

describe('late in the window', () => {
  it('everyone who may decide is told in person, once, but not whoever owns the agent', () => {
    expect(told()).toEqual(['oncall → T1/BOB', 'oncall → T1/CAROL', 'platform → T1/DAVE']);
  });

  it('nobody is told who has voted, may not approve, or could no longer change anything', () => {
    expect(told({ quiet: new Set(['bob', 'carol']) })).toEqual(['platform → T1/DAVE']);
    expect(told({}, EVENTS, catalog(['auditor']))).toEqual([]);
    expect(told({ asksPeople: false })).toEqual([]);
  });

  it('and sooner nobody is', () => {
    expect(
      told({}, [event('escalation.requested'), event('escalation.reminded', { step: 'half', group: 'oncall' })]),
    ).toEqual([]);
  });
});
