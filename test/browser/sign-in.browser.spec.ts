import { afterAll, afterEach, beforeAll, beforeEach, expect, it } from '@jest/globals';
import type { Browser, Locator } from 'playwright-core';
import { freePort } from '../harness/brokers/broker.js';
import { describeInBrowser, loginCode, openBrowser, Visitor } from '../harness/actors/browser.js';
import { startPeopleProvider, type PeopleProvider } from '../harness/actors/people-provider.js';
import { setStage, type Stage } from '../harness/world/stage.js';
import type { Config } from '../harness/world/world.js';

describeInBrowser('signing in to the console', () => {
  let stage: Stage;
  let browser: Browser;

  beforeAll(async () => {
    stage = await setStage();
    browser = await openBrowser();
  });
  afterAll(async () => {
    await browser?.close();
    await stage?.close();
  });

  it('takes a one-time link, and its code leaves the address and the history at once', async () => {
    const bob = await Visitor.arrive(stage, browser);
    const code = await loginCode(stage, 'bob');
    await bob.go(`/login#code=${code}`);
    await bob.page.getByRole('heading', { name: 'Inbox' }).waitFor();
    expect(bob.page.url()).toBe(`${stage.broker.issuer}/`);
    await bob.page.goBack().catch(() => undefined);
    expect(bob.page.url()).not.toContain(code);
    const cookies = await bob.context.cookies();
    expect(cookies).toEqual([
      expect.objectContaining({ name: '__Host-writ_session', httpOnly: true, secure: true, sameSite: 'Strict' }),
    ]);
    expect(bob.complaints).toEqual([]);
    await bob.leave();
  });

  it('says why a link that was used does not sign in again', async () => {
    const code = await loginCode(stage, 'bob');
    const [first, second] = [await Visitor.arrive(stage, browser), await Visitor.arrive(stage, browser)];
    await first.go(`/login#code=${code}`);
    await first.page.getByRole('heading', { name: 'Inbox' }).waitFor();
    await second.go(`/login#code=${code}`);
    await second.page.getByRole('alert').getByText('used before').waitFor();
    expect(await second.barriers()).toEqual([]);
    await Promise.all([first.leave(), second.leave()]);
  });

  it('shows nothing but the sign-in page without a session, and the page that was asked for after it', async () => {
    const visitor = await Visitor.arrive(stage, browser);
    await visitor.go('/agents');
    await visitor.page.getByRole('heading', { name: 'Sign in' }).waitFor();
    expect(await visitor.page.getByRole('navigation').count()).toBe(0);
    expect(await visitor.barriers()).toEqual([]);
    await visitor.page.getByLabel('Code').fill(await loginCode(stage, 'olga'));
    await visitor.page.getByRole('button', { name: 'Sign in', exact: true }).click();
    await visitor.page.getByRole('heading', { name: 'Agents' }).waitFor();
    await visitor.leave();
  });

  it('ends with signing out, also for the tab beside it', async () => {
    const bob = await Visitor.as('bob', stage, browser);
    const beside = await bob.context.newPage();
    await beside.goto(`${stage.broker.issuer}/`);
    await beside.getByRole('heading', { name: 'Inbox' }).waitFor();
    await bob.page.getByRole('button', { name: 'Sign out' }).click();
    await bob.page.getByRole('heading', { name: 'Sign in' }).waitFor();
    await beside.getByRole('link', { name: 'My history' }).click();
    await beside.getByRole('heading', { name: 'Sign in' }).waitFor();
    await bob.leave();
  });
});

describeInBrowser('signing in with the organisation', () => {
  let stage: Stage;
  let provider: PeopleProvider;
  let browser: Browser;
  let visitor: Visitor;

  beforeAll(async () => {
    const port = await freePort();
    // Another site than the broker, as an organisation's is: cookies behave as they do in earnest.
    provider = await startPeopleProvider(`http://localhost:${port}/auth/callback`, '127.0.0.1');
    const extra = {
      WRIT_OIDC_ISSUER: provider.issuer,
      WRIT_OIDC_CLIENT_ID: provider.clientId,
      WRIT_OIDC_CLIENT_SECRET: provider.clientSecret,
    };
    const bound = (config: Config): void => {
      for (const person of config.people)
        if (person.id === 'bob') Object.assign(person, { oidc: { subject: 'subject-of-bob' } });
    };
    stage = await setStage(bound, { port, extra });
    browser = await openBrowser();
  });
  afterAll(async () => {
    await browser?.close();
    await stage?.close();
    await provider?.close();
  });
  beforeEach(async () => {
    visitor = await Visitor.arrive(stage, browser);
  });
  afterEach(() => visitor.leave());

  const button = (): Locator => visitor.page.getByRole('link', { name: 'Sign in with your organisation' });
  const shows = (heading: string): Promise<void> => visitor.page.getByRole('heading', { name: heading }).waitFor();

  it('leads from the button to the inbox, as the person of that sign-in', async () => {
    provider.next = 'subject-of-bob';
    await visitor.go('/');
    await button().click();
    await shows('Inbox');
    expect(visitor.page.url()).toBe(`${stage.broker.issuer}/`);
    expect(await visitor.page.getByRole('banner').innerText()).toContain('bob');
    const cookies = await visitor.context.cookies(stage.broker.issuer);
    expect(cookies.map(({ name, sameSite }) => [name, sameSite])).toEqual([['__Host-writ_session', 'Strict']]);
    expect(visitor.complaints.filter((line) => !line.includes('/v1/sessions/current'))).toEqual([]);
    await visitor.page.reload();
    await shows('Inbox');
  });

  it('comes back to the page that was asked for', async () => {
    provider.next = 'subject-of-bob';
    await visitor.go('/history');
    await button().click();
    await shows('My history');
    expect(visitor.page.url()).toBe(`${stage.broker.issuer}/history`);
  });

  it('tells somebody whom writ.yaml does not know why not, and lets them come as another to the same page', async () => {
    provider.next = 'a-stranger';
    await visitor.go('/history');
    await button().click();
    await shows('Nobody here goes by this sign-in');
    const said = await visitor.page.getByRole('main').innerText();
    expect(said).toContain(`You signed in at ${provider.issuer} as “a-stranger”`);
    expect(said).toContain('An operator can bind you: people, oidc, subject in writ.yaml.');
    expect(await visitor.barriers()).toEqual([]);
    expect(await visitor.context.cookies(stage.broker.issuer)).toEqual([]);
    // There they are still signed in, so the same way leads to the same answer.
    provider.next = 'subject-of-bob';
    await visitor.page.getByRole('link', { name: 'Back to signing in' }).click();
    await button().click();
    await shows('Nobody here goes by this sign-in');
    await visitor.page.getByRole('link', { name: 'Sign in with another account' }).click();
    await shows('My history');
    expect(visitor.page.url()).toBe(`${stage.broker.issuer}/history`);
  });

  it('tells somebody who declined there that they are not signed in', async () => {
    provider.next = null;
    await visitor.go('/');
    await button().click();
    await shows('You are not signed in');
    await visitor.page.getByRole('link', { name: 'Back to signing in' }).click();
    await button().waitFor();
  });
});
