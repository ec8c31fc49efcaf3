import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { answer, type Answer } from '../../harness/actors/agent.js';
import { freePort } from '../../harness/brokers/broker.js';
import { startPeopleProvider, type PeopleProvider } from '../../harness/actors/people-provider.js';
import { setStage, type Stage } from '../../harness/world/stage.js';
import { Wanderer } from '../../harness/actors/wanderer.js';
import type { Config } from '../../harness/world/world.js';

let stage: Stage;
let provider: PeopleProvider;
let issuer: string;

const bound = (config: Config): void => {
  for (const [id, subject] of [
    ['bob', 'subject-of-bob'],
    ['carol', 'shared'],
    ['dave', 'shared'],
  ] as const) {
    const person = config.people.find((candidate) => candidate.id === id);
    const named = id === 'dave' ? { issuer: provider.issuer } : {};
    if (person !== undefined) Object.assign(person, { oidc: { ...named, subject } });
  }
};

beforeAll(async () => {
  const port = await freePort();
  issuer = `http://localhost:${port}`;
  provider = await startPeopleProvider(`${issuer}/auth/callback`);
  const extra = {
    WRIT_OIDC_ISSUER: provider.issuer,
    WRIT_OIDC_CLIENT_ID: provider.clientId,
    WRIT_OIDC_CLIENT_SECRET: provider.clientSecret,
  };
  stage = await setStage(bound, { roles: 'api', port, extra });
});
afterAll(async () => {
  await stage.close();
  await provider.close();
});

const atCallback = (next: string): boolean => next.startsWith(`${issuer}/auth/callback`);

/** Signs `subject` in at the provider and stops before the callback is called. */
async function until(subject: string | null, browser = new Wanderer(), path = '/auth/login'): Promise<string> {
  provider.next = subject;
  const { next } = await browser.follow(issuer + path, atCallback);
  if (next === null) throw new Error('the provider did not send anybody back');
  return next;
}

async function current(browser: Wanderer): Promise<Answer> {
  const cookie = browser.cookieFor(issuer);
  return answer(await fetch(`${issuer}/v1/sessions/current`, { headers: cookie === '' ? {} : { cookie } }));
}

async function eventsOf(type: string): Promise<Record<string, unknown>[]> {
  const got = await stage.caller('auditor-tool').get(`/v1/audit/events?type=${type}&limit=200`);
  return got.body.items as Record<string, unknown>[];
}

describe('signing in with the organisation', () => {
  it('opens the session of the person who is bound to the subject, and leads where they wanted to go', async () => {
    const browser = new Wanderer();
    const callback = await until('subject-of-bob', browser, '/auth/login?return_to=%2Fescalations%2Fesc_1%3Fx%3D1');
    const back = await browser.get(callback);
    expect([back.status, back.headers.get('location')]).toEqual([302, '/escalations/esc_1?x=1']);
    const cookies = back.headers.getSetCookie();
    expect(cookies).toContainEqual(
      expect.stringMatching(/^__Host-writ_session=[\w-]{43}; HttpOnly; Secure; SameSite=Strict; Path=\/; Max-Age=\d+$/),
    );
    expect(cookies).toContainEqual(expect.stringMatching(/^__Host-writ_login=; .*Max-Age=0$/));
    expect(back.headers.get('cache-control')).toBe('no-store');
    expect(await current(browser)).toMatchObject({
      status: 200,
      body: { person: 'bob', name: 'bob', roles: ['approver'], signed_in_by: 'oidc', oidc: true },
    });
    expect((await eventsOf('session.opened'))[0]).toMatchObject({
      actor: { kind: 'person', id: 'bob' },
      data: { signed_in_by: 'oidc' },
    });
  });

  it('sends the browser away with state, nonce and a challenge, and keeps what answers them out of its sight', async () => {
    const browser = new Wanderer();
    const away = await browser.get(`${issuer}/auth/login`);
    expect(away.status).toBe(302);
    const sent = new URL(away.headers.get('location') ?? '');
    expect(sent.origin).toBe(provider.issuer);
    expect(Object.fromEntries(sent.searchParams)).toEqual({
      client_id: 'writ',
      response_type: 'code',
      redirect_uri: `${issuer}/auth/callback`,
      scope: 'openid',
      state: expect.stringMatching(/^[\w-]{43}$/),
      nonce: expect.stringMatching(/^[\w-]{43}$/),
      code_challenge: expect.stringMatching(/^[\w-]{43}$/),
      code_challenge_method: 'S256',
    });
    const [cookie = ''] = away.headers.getSetCookie();
    expect(cookie).toMatch(/^__Host-writ_login=[\w-]+; HttpOnly; Secure; SameSite=Lax; Path=\/; Max-Age=600$/);
    for (const name of ['state', 'nonce'])
      expect(Buffer.from(cookie, 'base64url').toString('latin1')).not.toContain(sent.searchParams.get(name));
  });

  it('says beforehand whether it is there', async () => {
    expect(await answer(await fetch(`${issuer}/v1/sessions/options`))).toMatchObject({
      status: 200,
      body: { oidc: true },
    });
    const bob = await stage.person('bob');
    expect((await bob.send('GET', '/v1/sessions/current')).body).toMatchObject({ signed_in_by: 'code', oidc: true });
    const erin = await stage.person('erin');
    expect((await erin.send('GET', '/v1/sessions/current')).body).toMatchObject({ oidc: false });
  });
});

describe('nobody is signed in', () => {
  const refused = async (browser: Wanderer, url: string, status: number): Promise<string> => {
    const got = await browser.get(url);
    const text = await got.text();
    expect([got.status, got.headers.get('location'), text]).toEqual([status, null, expect.stringContaining('<h1>')]);
    expect(got.headers.get('content-security-policy')).toMatch(/default-src 'none'/);
    expect((await current(browser)).status).toBe(401);
    return text;
  };

  it.each(['a-stranger', 'shared', 'bob', 'bob@example.com', 'Subject-of-bob'])(
    'as %s, to whom no one person is bound; it is audited',
    async (subject) => {
      const browser = new Wanderer();
      const page = await refused(browser, await until(subject, browser), 403);
      expect(page).toContain(subject);
      expect((await eventsOf('session.refused'))[0]).toMatchObject({
        actor: { kind: 'system', id: 'writ' },
        data: { issuer: provider.issuer, subject, signed_in_by: 'oidc' },
      });
    },
  );

  it('whose subject is markup, which is shown as the text it is', async () => {
    const browser = new Wanderer();
    const page = await refused(browser, await until('<img src=x onerror=alert(1)>', browser), 403);
    expect(page).toContain('&lt;img src=x');
    expect(page).not.toContain('<img');
  });

  it('who declined at the provider', async () => {
    const browser = new Wanderer();
    await refused(browser, await until(null, browser), 403);
  });

  it('by the callback of another browser', async () => {
    const victim = new Wanderer();
    const stolen = await until('subject-of-bob', victim);
    await refused(new Wanderer(), stolen, 400);
    const other = new Wanderer();
    await other.get(`${issuer}/auth/login`);
    await refused(other, stolen, 403);
  });

  it('by a code that was used', async () => {
    const browser = new Wanderer();
    const callback = await until('subject-of-bob', browser);
    const login = browser.cookieFor(issuer);
    expect((await browser.get(callback)).status).toBe(302);
    const again = await fetch(callback, { redirect: 'manual', headers: { cookie: login } });
    expect(again.status).toBe(403);
    expect(again.headers.getSetCookie().join()).not.toContain('writ_session');
  });

  it.each([
    ['another state', 'state', 'x'.repeat(43)],
    ['another code', 'code', 'x'.repeat(43)],
    ['another issuer', 'iss', 'https://evil.example'],
  ])('with %s', async (_what, name, value) => {
    const browser = new Wanderer();
    const callback = new URL(await until('subject-of-bob', browser));
    callback.searchParams.set(name, value);
    await refused(browser, callback.href, 403);
  });

  it('without a cookie of ours, which the page says, or with one of somebody’s making', async () => {
    const page = await refused(new Wanderer(), `${issuer}/auth/callback?code=x&state=y`, 400);
    expect(page).toContain('kept no cookie');
    expect(page).toContain('Safari');
    const got = await fetch(`${issuer}/auth/callback?code=x&state=y`, {
      redirect: 'manual',
      headers: { cookie: `__Host-writ_login=${'A'.repeat(200)}` },
    });
    expect(got.status).toBe(400);
  });
});

it.each(['https://evil.example/', '//evil.example/', '/\\evil.example', 'evil', '/a/..//evil.example', ''])(
  'a sign-in never leads to %p',
  async (path) => {
    const got = await new Wanderer().get(`${issuer}/auth/login?return_to=${encodeURIComponent(path)}`);
    expect([got.status, got.headers.get('location')]).toEqual([400, null]);
  },
);

it('whoever signs in again and again keeps nobody behind the same proxy from it', async () => {
  const browser = new Wanderer();
  const callback = await until('subject-of-bob', browser);
  for (let n = 0; n < 300; n += 20) {
    const answers = await Promise.all(
      Array.from({ length: 20 }, (_, m) =>
        fetch(`${issuer}${m % 2 === 0 ? '/auth/login' : '/auth/callback?code=x&state=y'}`, { redirect: 'manual' }),
      ),
    );
    expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([302, 400]));
  }
  const back = await browser.get(callback);
  expect([back.status, back.headers.get('location')]).toEqual([302, '/']);
});

it('the provider’s word ends nobody’s session and opens none while it is away', async () => {
  const browser = new Wanderer();
  const callback = await until('subject-of-bob', browser);
  await provider.close();
  const got = await browser.get(callback);
  expect(got.status).toBe(503);
  expect((await current(browser)).status).toBe(401);
  expect(stage.broker.logged.join('')).toContain('a sign-in failed: unreachable');
  for (const line of stage.broker.logged) expect(line).not.toContain(provider.clientSecret);
});

it('without configuration there is no such route', async () => {
  const bare = await setStage(() => undefined, { roles: 'api' });
  try {
    for (const path of ['/auth/login', '/auth/callback?code=x&state=y'])
      expect(await answer(await fetch(bare.broker.issuer + path, { redirect: 'manual' }))).toMatchObject({
        status: 404,
        body: { code: 'not_found' },
      });
    expect((await answer(await fetch(`${bare.broker.issuer}/v1/sessions/options`))).body).toEqual({ oidc: false });
  } finally {
    await bare.close();
  }
});

// Last: Nest's logger is the one of the broker that began last.
it.each([
  ['an address inside', 'https://10.1.2.3', '10.1.2.3 was not reached: an address that is not fetched from'],
  ['a port that nobody serves', 'https://localhost:1', 'localhost:1 was not reached: ECONNREFUSED'],
])('a provider at %s is told of with host, reason and variable', async (_where, at, words) => {
  const stage = await setStage(() => undefined, {
    roles: 'api',
    extra: { WRIT_OIDC_ISSUER: at, WRIT_OIDC_CLIENT_ID: 'writ', WRIT_OIDC_CLIENT_SECRET: 'a-secret-0123456789' },
  });
  const got = await fetch(`${stage.broker.issuer}/auth/login`, { redirect: 'manual' });
  expect(got.status).toBe(503);
  expect(await got.text()).not.toContain('10.1.2.3');
  const line = stage.broker.logged.find((logged) => logged.includes('a sign-in failed: unreachable'));
  expect(line).toContain(words);
  expect(line).toContain('WRIT_OIDC_ISSUER');
  await stage.close();
});
