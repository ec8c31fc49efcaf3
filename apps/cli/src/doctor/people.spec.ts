import { describe, expect, it } from '@jest/globals';
import type { CatalogGroup, CatalogPerson } from '#domain/catalog.js';
import type { Finding } from './finding.js';
import { checkApprovers, checkOperators, checkSignIn, type PeopleFacts } from './people.js';

const PROVIDER = 'https://login.example';

function person(id: string, more: Partial<CatalogPerson> = {}): CatalogPerson {
  return { id, name: null, email: null, roles: ['approver'], slack: [], oidc: null, ...more };
}
const bound = { issuer: null, subject: '1' };
const inSlack = [{ team: 'T1', user: 'U1' }];
const oncall: CatalogGroup = { id: 'oncall', members: ['alice', 'bob'], slackChannel: 'C1' };

/** All is well: an OpenID provider, both are bound, one operates, Slack is on. */
function facts(more: Partial<PeopleFacts> = {}): PeopleFacts {
  return {
    catalog: {
      people: [person('alice', { oidc: bound, roles: ['approver', 'operator'] }), person('bob', { oidc: bound })],
      groups: [oncall],
    },
    approverGroups: ['oncall', 'oncall'],
    loginLinks: false,
    oidc: { issuer: PROVIDER },
    providerFault: null,
    slackTeam: 'T1',
    localSlack: false,
    linked: new Set(),
    ...more,
  };
}

const levels = (findings: readonly Finding[]): string[] => findings.map(({ level }) => level);
const words = (findings: readonly Finding[]): string => findings.map(({ problem }) => problem ?? '').join('\n');
const people = (...all: CatalogPerson[]): Partial<PeopleFacts> => ({ catalog: { people: all, groups: [oncall] } });

describe('sign-in', () => {
  it('is in order where the provider answers and everybody with a role is bound', () => {
    expect(levels(checkSignIn(facts()))).toEqual(['ok', 'ok']);
    expect(levels(checkOperators(facts()))).toEqual(['ok']);
  });

  it('is in order without a provider where login links work', () => {
    expect(levels(checkSignIn(facts({ oidc: null, loginLinks: true })))).toEqual(['ok']);
  });

  it('is nobody’s without a provider off loopback, and the words name the three variables', () => {
    const found = checkSignIn(facts({ oidc: null }));
    expect(levels(found)).toEqual(['problem']);
    for (const said of [
      /nobody can/,
      /WRIT_OIDC_ISSUER/,
      /WRIT_OIDC_CLIENT_ID/,
      /WRIT_OIDC_CLIENT_SECRET/,
      /passkey-link/,
    ])
      expect(words(found)).toMatch(said);
  });

  it('is nobody’s where no person with a role is bound to a subject', () => {
    const found = checkSignIn(facts(people(person('alice'), person('erin', { roles: [], oidc: bound }))));
    expect(levels(found)).toEqual(['ok', 'problem']);
    expect(words(found)).toContain('no person with a role has `oidc: { subject: … }`');
  });

  it('is nobody’s where all are bound to another provider', () => {
    const other = { issuer: 'https://old.example', subject: '1' };
    expect(levels(checkSignIn(facts(people(person('alice', { oidc: other })))))).toEqual(['ok', 'problem']);
  });

  it('is odd where some with a role are not bound, and names them', () => {
    const found = checkSignIn(facts(people(person('alice', { oidc: bound }), person('carol'))));
    expect(levels(found)).toEqual(['ok', 'warning']);
    expect(words(found)).toContain('carol have a role');
  });

  it('is wrong while the provider does not answer as one, and says why', () => {
    const found = checkSignIn(facts({ providerFault: 'login.example was not reached: timeout' }));
    expect(levels(found)).toEqual(['problem', 'ok']);
    expect(words(found)).toMatch(/was not reached: timeout; correct WRIT_OIDC_ISSUER/);
  });

  it('is odd where nobody has the role operator, or no operator is bound', () => {
    expect(words(checkOperators(facts(people(person('alice', { oidc: bound })))))).toContain(
      'nobody has the role operator',
    );
    expect(words(checkOperators(facts(people(person('olga', { roles: ['operator'] })))))).toContain('none of olga');
  });
});

describe('approvers', () => {
  it('are in order where one of a group can decide, each group once', () => {
    expect(levels(checkApprovers(facts()))).toEqual(['ok']);
  });

  it('are reached by Slack alone, by an account in writ.yaml or one that they linked themselves', () => {
    const alone = { oidc: null, ...people(person('alice', { slack: inSlack }), person('bob')) };
    expect(levels(checkApprovers(facts(alone)))).toEqual(['ok']);
    const linked = { oidc: null, ...people(person('alice')), linked: new Set(['alice']) };
    expect(levels(checkApprovers(facts(linked)))).toEqual(['ok']);
  });

  it('are not reached who have neither Slack nor a sign-in: what they are asked lapses', () => {
    const found = checkApprovers(facts(people(person('alice'), person('bob'))));
    expect(levels(found)).toEqual(['problem']);
    expect(words(found)).toMatch(/none of alice, bob can decide: .* what they are asked lapses/);
  });

  it('are not reached by an account in another workspace, nor by a provider that is away', () => {
    const elsewhere = person('alice', { slack: [{ team: 'T2', user: 'U1' }] });
    expect(levels(checkApprovers(facts({ oidc: null, ...people(elsewhere) })))).toEqual(['problem']);
    expect(levels(checkApprovers(facts({ providerFault: 'away' })))).toEqual(['problem']);
  });

  it('are not reached by Slack where it is off, which is told beside', () => {
    const found = checkApprovers(facts({ slackTeam: null }));
    expect(levels(found)).toEqual(['ok', 'warning']);
    expect(words(found)).toMatch(/off here, and oncall have a channel/);
  });

  it('see their cards in the local Slack where somebody tries Writ out', () => {
    expect(levels(checkApprovers(facts({ slackTeam: null, localSlack: true, loginLinks: true })))).toEqual(['ok']);
  });

  it('are nobody where no member has the role', () => {
    const found = checkApprovers(facts(people(person('alice', { roles: [], oidc: bound }))));
    expect(words(found)).toContain('nobody in it has the role approver');
  });
});
