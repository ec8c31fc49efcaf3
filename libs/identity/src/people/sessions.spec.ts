import { randomBytes } from 'node:crypto';
import { describe, expect, it } from '@jest/globals';
import { isRefusal } from '#domain/refusal.js';
import { csrfRefusal } from './csrf.js';
import { endedSessionCookie, readSessionCookie, sessionCookie } from './session-cookie.js';
import { hashCode, makeLoginCode, Sessions } from './sessions.js';
import { MemorySessionStore } from '../testing/memory-session-store.js';

function house() {
  const store = new MemorySessionStore();
  return { store, sessions: new Sessions(store, randomBytes) };
}

async function opened(sessions: Sessions, code: string): Promise<string> {
  const answer = await sessions.open(code);
  if (isRefusal(answer)) throw new Error(answer.detail);
  return answer.setCookie.split(';')[0]!;
}

describe('a login code', () => {
  it('opens one session, once', async () => {
    const { sessions } = house();
    const code = await sessions.issueLoginCode('bob');
    const cookie = await opened(sessions, code);
    expect(await sessions.current(cookie)).toMatchObject({ person: 'bob' });
    expect(await sessions.open(code)).toMatchObject({ code: 'unauthenticated' });
  });

  it('is good for five minutes', async () => {
    const { store, sessions } = house();
    const [first, second] = [await sessions.issueLoginCode('bob'), await sessions.issueLoginCode('bob')];
    store.nowMs += 299_000;
    expect(isRefusal(await sessions.open(first))).toBe(false);
    store.nowMs += 1_000;
    expect(isRefusal(await sessions.open(second))).toBe(true);
  });

  it('opens a session that may add a passkey only when it was made for that, within ten minutes', async () => {
    const { store, sessions } = house();
    const ordinary = await opened(sessions, await sessions.issueLoginCode('bob'));
    expect(await sessions.current(ordinary)).toMatchObject({ signedInBy: 'code' });
    const enrolment = await sessions.issueEnrolmentCode('bob');
    const late = await sessions.issueEnrolmentCode('bob');
    store.nowMs += 599_000;
    expect(await sessions.current(await opened(sessions, enrolment))).toMatchObject({ signedInBy: 'enrolment' });
    store.nowMs += 1_000;
    expect(isRefusal(await sessions.open(late))).toBe(true);
  });

  it('is 32 random bytes, of which only the hash is stored', async () => {
    const { store, sessions } = house();
    const code = await sessions.issueLoginCode('bob');
    expect(Buffer.from(code, 'base64url')).toHaveLength(32);
    expect([...store.codes.keys()]).toEqual([hashCode(code)]);
    expect(hashCode(code)).toMatch(/^[0-9a-f]{64}$/);
    expect(makeLoginCode(randomBytes)).not.toBe(makeLoginCode(randomBytes));
  });

  it.each(['', 'x', '../../x', 'é'.repeat(43)])('is nothing else: %j', async (code) => {
    expect(isRefusal(await house().sessions.open(code))).toBe(true);
  });
});

describe('a session', () => {
  it('stores no token, and ends when its person closes it', async () => {
    const { store, sessions } = house();
    const cookie = await opened(sessions, await sessions.issueLoginCode('bob'));
    expect([...store.sessions.keys()]).toEqual([hashCode(cookie.split('=')[1]!)]);
    expect(await sessions.close(cookie)).toEqual({ setCookie: endedSessionCookie(), person: 'bob' });
    expect(await sessions.current(cookie)).toBeNull();
    expect(await sessions.close(cookie)).toMatchObject({ person: null });
  });

  it('does not outlive its hours', async () => {
    const { store, sessions } = house();
    const cookie = await opened(sessions, await sessions.issueLoginCode('bob'));
    store.nowMs += 8 * 3_600_000;
    expect(await sessions.current(cookie)).toBeNull();
  });
});

describe('the session cookie', () => {
  const token = 'T'.repeat(43);
  const other = 'U'.repeat(43);

  it('is for this host alone, over TLS alone, and out of reach of scripts and other sites', () => {
    expect(sessionCookie(token, 60)).toBe(
      `__Host-writ_session=${token}; HttpOnly; Secure; SameSite=Strict; Path=/; Max-Age=60`,
    );
    expect(endedSessionCookie()).toBe('__Host-writ_session=; HttpOnly; Secure; SameSite=Strict; Path=/; Max-Age=0');
  });

  it.each<[string, string | undefined, string | null]>([
    ['alone', `__Host-writ_session=${token}`, token],
    ['among others', `a=b; __Host-writ_session=${token};c=d`, token],
    ['absent', 'a=b', null],
    ['without a header', undefined, null],
    ['twice', `__Host-writ_session=${token}; __Host-writ_session=${other}`, null],
    ['under another name', `writ_session=${token}`, null],
    ['as the end of another name', `x__Host-writ_session=${token}`, null],
    ['in another case', `__host-writ_session=${token}`, null],
    ['quoted', `__Host-writ_session="${token}"`, null],
    ['too short', '__Host-writ_session=abc', null],
    ['empty', '__Host-writ_session=', null],
  ])('is read %s', (_, header, expected) => {
    expect(readSessionCookie(header)).toBe(expected);
  });
});

describe('a request with the cookie', () => {
  const issuer = 'http://localhost:3000';
  const good = {
    method: 'POST',
    origin: issuer as string | undefined,
    secFetchSite: 'same-origin' as string | undefined,
    contentType: 'application/json' as string | undefined,
    issuer,
  };

  it.each<[string, Partial<typeof good>]>([
    ['from our page', {}],
    ['with a charset', { contentType: 'Application/JSON; charset=utf-8' }],
    ['from a client that is no browser', { origin: undefined, secFetchSite: undefined }],
    [
      'that only reads',
      { method: 'GET', origin: 'https://evil.example', secFetchSite: 'cross-site', contentType: undefined },
    ],
    ['that only asks for headers', { method: 'head', contentType: undefined }],
  ])('goes on %s', (_, change) => {
    expect(csrfRefusal({ ...good, ...change })).toBeNull();
  });

  it.each<[string, Partial<typeof good>]>([
    ['as a form', { contentType: 'application/x-www-form-urlencoded' }],
    ['as plain text', { contentType: 'text/plain' }],
    ['without a type', { contentType: undefined }],
    ['with a type that only begins like JSON', { contentType: 'application/json-seq' }],
    ['with JSON as a parameter', { contentType: 'text/plain; application/json' }],
    ['from another origin', { origin: 'https://evil.example' }],
    ['from another port', { origin: 'http://localhost:3001' }],
    ['over TLS when we are not', { origin: 'https://localhost:3000' }],
    ['from an opaque origin', { origin: 'null' }],
    ['from an origin with a slash', { origin: `${issuer}/` }],
    ['from an empty origin', { origin: '' }],
    ['from a sibling site', { secFetchSite: 'same-site' }],
    ['from another site', { secFetchSite: 'cross-site' }],
    ['from no page at all', { secFetchSite: 'none' }],
    ['to delete, as a form', { method: 'DELETE', contentType: undefined }],
    ['with a method nobody knows', { method: 'FROB', contentType: undefined }],
  ])('is refused %s', (_, change) => {
    expect(csrfRefusal({ ...good, ...change })).toMatchObject({ refused: true, code: 'csrf' });
  });
});
