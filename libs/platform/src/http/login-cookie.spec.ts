import { randomBytes } from 'node:crypto';
import { describe, expect, it } from '@jest/globals';
import { CursorSeal } from './cursor.js';
import { LoginCookie, ownPath } from './login-cookie.js';

const STATE = { state: 's', nonce: 'n', verifier: 'v', since: null, returnTo: '/agents' };

describe('the cookie of a sign-in', () => {
  const seal = new CursorSeal(randomBytes(32));
  const pair = (setCookie: string): string => setCookie.split(';')[0] ?? '';

  it('brings back what it was given, to nobody’s eyes', () => {
    const cookies = new LoginCookie(seal);
    const set = cookies.set(STATE);
    expect(set).toMatch(/^__Host-writ_login=[\w-]+; HttpOnly; Secure; SameSite=Lax; Path=\/; Max-Age=600$/);
    expect(cookies.read(`a=b; ${pair(set)}`)).toEqual(STATE);
  });

  it('is nothing when it is old, doubled, edited, missing, or sealed by another key', () => {
    let now = 0;
    const cookies = new LoginCookie(seal, () => now);
    const set = pair(cookies.set(STATE));
    const other = pair(new LoginCookie(new CursorSeal(randomBytes(32)), () => now).set(STATE));
    for (const header of [undefined, '', `${set}; ${set}`, `${set}A`, other, '__Host-writ_login='])
      expect(cookies.read(header)).toBeNull();
    now = 600_000;
    expect(cookies.read(set)).toBeNull();
  });
});

describe('where a sign-in leads', () => {
  const issuer = 'https://writ.example';

  it.each([
    ['/', '/'],
    ['/escalations/esc_1?x=1#y', '/escalations/esc_1?x=1#y'],
    ['/a/../b', '/b'],
  ])('may be %s', (path, resolved) => {
    expect(ownPath(path, issuer)).toBe(resolved);
  });

  it.each([
    'https://evil.example',
    '//evil.example',
    '/\\evil.example',
    '/..//evil.example',
    '/a\\b',
    'javascript:alert(1)',
    'agents',
    '',
    '/\t/evil.example',
    '/a b',
    '/ü',
    `/${'a'.repeat(600)}`,
  ])('is never %p', (path) => {
    expect(ownPath(path, issuer)).toBeNull();
  });
});
