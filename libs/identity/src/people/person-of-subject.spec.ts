import { expect, it } from '@jest/globals';
import type { CatalogPerson } from '#domain/catalog.js';
import { personOfSubject } from './person-of-subject.js';

const IDP = 'https://idp.example';
const person = (id: string, oidc: CatalogPerson['oidc']): CatalogPerson => ({
  id,
  name: null,
  email: 'bob@example.com',
  roles: [],
  slack: [],
  oidc,
});
const among = (...people: CatalogPerson[]): string | null =>
  personOfSubject({ people }, IDP, { issuer: IDP, subject: 'sub-1', fresh: false, stale: null });

it('a subject is the person whose binding names it, at the configured provider or at the one that is named', () => {
  expect(among(person('bob', { issuer: null, subject: 'sub-1' }))).toBe('bob');
  expect(among(person('bob', { issuer: IDP, subject: 'sub-1' }), person('carol', null))).toBe('bob');
});

it.each([
  ['who has no binding', [person('bob', null)]],
  ['whose subject differs in one letter', [person('bob', { issuer: null, subject: 'Sub-1' })]],
  ['who is bound to another provider', [person('bob', { issuer: 'https://other.example', subject: 'sub-1' })]],
  ['whose provider differs by a slash', [person('bob', { issuer: `${IDP}/`, subject: 'sub-1' })]],
  [
    'who shares it with another person',
    [person('bob', { issuer: null, subject: 'sub-1' }), person('carol', { issuer: IDP, subject: 'sub-1' })],
  ],
])('a subject is nobody %s', (_who, people) => {
  expect(among(...people)).toBeNull();
});
