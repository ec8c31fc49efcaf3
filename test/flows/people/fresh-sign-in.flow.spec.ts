import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { OpenIdSignIn } from '#identity/people/open-id-sign-in.js';
import { GuardedFetch } from '#platform/outbound/outbound-fetch.js';
import { answer, type Answer } from '../../harness/actors/agent.js';
import { SoftwareAuthenticator, type CreationOptions } from '../../harness/actors/authenticator.js';
import { freePort } from '../../harness/brokers/broker.js';
import { startPeopleProvider, type PeopleProvider } from '../../harness/actors/people-provider.js';
import { ageSessions } from '../../harness/world/sealed.js';
import { setStage, type Stage } from '../../harness/world/stage.js';
import { Wanderer } from '../../harness/actors/wanderer.js';

let stage: Stage;
let provider: PeopleProvider;
let issuer: string;

beforeAll(async () => {
  const port = await freePort();
  issuer = `http://localhost:${port}`;
  provider = await startPeopleProvider(`${issuer}/auth/callback`);
  provider.next = 'subject-of-bob';
  const extra = {
    WRIT_OIDC_ISSUER: provider.issuer,
    WRIT_OIDC_CLIENT_ID: provider.clientId,
    WRIT_OIDC_CLIENT_SECRET: provider.clientSecret,
  };
  stage = await setStage(
    ({ people }) => Object.assign(people.find(({ id }) => id === 'bob') ?? {}, { oidc: { subject: 'subject-of-bob' } }),
    { roles: 'api', port, extra },
  );
});
afterAll(async () => {
  await stage.close();
  await provider.close();
});

const atCallback = (next: string): boolean => next.startsWith(`${issuer}/auth/callback`);

/** Signs bob in from this address on, and stops before the callback is called. */
async function comeBack(browser: Wanderer, from: string): Promise<string> {
  const { next } = await browser.follow(from, atCallback);
  if (next === null) throw new Error('the provider did not send anybody back');
  return next;
}

async function signedIn(path: string): Promise<Wanderer> {
  const browser = new Wanderer();
  const back = await browser.get(await comeBack(browser, issuer + path));
  expect([back.status, back.headers.get('location')]).toEqual([302, '/account']);
  return browser;
}

async function post(browser: Wanderer, path: string, body: unknown): Promise<Answer> {
  const headers = { cookie: browser.cookieFor(issuer), 'content-type': 'application/json' };
  return answer(await fetch(issuer + path, { method: 'POST', headers, body: JSON.stringify(body) }));
}

const enrol = async (browser: Wanderer): Promise<Answer> => {
  const begun = await post(browser, '/v1/passkeys/options', {});
  if (begun.status !== 200) return begun;
  const credential = new SoftwareAuthenticator(issuer).create(begun.body as CreationOptions);
  return post(browser, '/v1/passkeys', { name: 'Laptop', credential });
};

describe('a sign-in that the provider is asked to make anew', () => {
  it('opens a session that adds a passkey', async () => {
    const browser = await signedIn('/auth/login?return_to=/account&fresh=1');
    expect(await enrol(browser)).toMatchObject({ status: 201 });
    const events = await stage.caller('auditor-tool').get('/v1/audit/events?type=session.opened&limit=1');
    expect(events.body.items[0].data).toEqual({ signed_in_by: 'oidc', fresh: true });
  });

  it('does so for five minutes', async () => {
    const browser = await signedIn('/auth/login?return_to=/account&fresh=1');
    await ageSessions(stage.world, 'bob', 301);
    expect(await enrol(browser)).toMatchObject({ status: 403 });
  });

  it('asks the provider for a login and for when it was', async () => {
    const away = await new Wanderer().get(`${issuer}/auth/login?fresh=1`);
    const asked = new URL(away.headers.get('location') ?? '').searchParams;
    expect([asked.get('prompt'), asked.get('max_age')]).toEqual(['login', '0']);
    expect((await new Wanderer().get(`${issuer}/auth/login?fresh=yes`)).status).toBe(400);
  });
});

describe('no passkey is added', () => {
  it('after a sign-in that the provider may have remembered', async () => {
    const browser = await signedIn('/auth/login?return_to=/account');
    expect(await enrol(browser)).toMatchObject({ status: 403, body: { code: 'forbidden' } });
  });

  it('when the provider does not say when it asked: signed in all the same, and told why that does not suffice', async () => {
    const browser = new Wanderer();
    const away = await browser.get(`${issuer}/auth/login?return_to=/account&fresh=1`);
    const asked = new URL(away.headers.get('location') ?? '');
    // As by a provider that does not know them: without max_age this one sends no auth_time.
    for (const name of ['prompt', 'max_age']) asked.searchParams.delete(name);
    const back = await browser.get(await comeBack(browser, asked.href));
    expect([back.status, back.headers.get('location')]).toEqual([302, '/account']);
    const refused = await post(browser, '/v1/passkeys/options', {});
    expect(refused).toMatchObject({ status: 403, body: { code: 'forbidden' } });
    expect(refused.body.detail).toContain('auth_time');
    expect(stage.broker.logged.join('')).toContain('does not say when it asked who it is (auth_time)');
    const events = await stage.caller('auditor-tool').get('/v1/audit/events?type=session.opened&limit=1');
    expect(events.body.items[0].data).toEqual({ signed_in_by: 'oidc' });
  });

  it('when the provider’s login is older than the wish', async () => {
    const ahead = new OpenIdSignIn(provider, `${issuer}/auth/callback`, new GuardedFetch('localhost'), () => {
      return Date.now() + 60_000;
    });
    const begun = await ahead.begin(true);
    if ('failed' in begun) throw new Error(begun.detail);
    const { search } = new URL(await comeBack(new Wanderer(), begun.url));
    expect(await ahead.finish(search, begun.transaction)).toMatchObject({
      fresh: false,
      stale: expect.stringContaining('auth_time'),
    });
  });
});
