import { afterAll, beforeAll, expect, it } from '@jest/globals';
import type { Browser } from 'playwright-core';
import { describeInBrowser, loginCode, openBrowser, Visitor } from '../harness/browser.js';
import { setStage, type Stage } from '../harness/stage.js';

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
