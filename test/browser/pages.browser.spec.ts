import { afterAll, beforeAll, expect, it } from '@jest/globals';
import type { Browser } from 'playwright-core';
import { refundAsk } from '../harness/actors/agent.js';
import { describeInBrowser, openBrowser, Visitor, LOOKS } from '../harness/actors/browser.js';
import { until } from '../harness/judges/until.js';
import { collectedRefund, created, setStage, type Stage } from '../harness/world/stage.js';

describeInBrowser('the pages of the console', () => {
  let stage: Stage;
  let browser: Browser;
  let paths: Readonly<Record<string, string>>;

  beforeAll(async () => {
    stage = await setStage((config) => {
      for (const person of config.people) if (person.id === 'bob') person.roles = ['approver', 'operator'];
    });
    browser = await openBrowser();
    const live = await collectedRefund(stage, { task: { id: 'run-1' } });
    const { id } = created(
      await stage.caller('support-bot').ask(
        refundAsk('9000', {
          task: { id: 'run-2', description: 'Refund order 9000', ticket: 'OPS-2' },
          justification: 'The parcel never arrived.',
          evidence: [{ title: 'Ticket', url: 'https://tickets.example/OPS-2' }],
        }),
      ),
      202,
    );
    paths = {
      Inbox: '/',
      'wants refund.create': `/escalations/${id}`,
      'asked for refund.create': `/escalations/${live.id}`,
      'My history': '/history',
      'All live grants': '/grants',
      Agents: '/agents',
      'Support bot': '/agents/support-bot',
      Policies: '/policies',
      Insights: '/insights',
      Account: '/account',
      'No such request': '/escalations/esc_01KAMZ0000000000000000000A',
    };
  });
  afterAll(async () => {
    await browser?.close();
    await stage?.close();
  });

  it.each(LOOKS)(
    'have no barrier, no sideways scroll and nothing to complain about at %i pixels, %s',
    async (width, scheme) => {
      const bob = await Visitor.as('bob', stage, browser, { width, scheme });
      for (const [heading, path] of Object.entries(paths)) {
        await bob.go(path);
        await bob.page.getByRole('heading', { level: 1, name: heading }).waitFor();
        await until('everything is loaded', async () => (await bob.page.locator('.loading').count()) === 0);
        for (const closed of await bob.page.locator('summary').all()) await closed.click();
        expect([path, await bob.barriers()]).toEqual([path, []]);
        expect([path, await bob.fits()]).toEqual([path, true]);
      }
      // The one request that is not there is the one thing the browser may report.
      const missing = paths['No such request'] ?? '';
      expect(bob.complaints.filter((complaint) => !complaint.includes(missing))).toEqual([]);
      await bob.leave();
    },
  );

  it('say that more waits behind what they list, and show it', async () => {
    created(await stage.caller('support-bot').ask(refundAsk('9001')), 202);
    await collectedRefund(stage, { task: { id: 'run-3' } });
    const bob = await Visitor.as('bob', stage, browser);
    await bob.page.route(/[?&]limit=\d+/, (route) =>
      route.continue({
        url: route
          .request()
          .url()
          .replace(/limit=\d+/, 'limit=1'),
      }),
    );
    for (const [name, path, rows] of [
      ['Inbox', '/', 'a.ask'],
      ['All live grants', '/grants', 'tbody tr'],
      ['Agents', '/agents', 'tbody tr'],
      ['My history', '/history', 'tbody tr'],
    ] as const) {
      await bob.go(path);
      const more = bob.page.getByRole('button', { name: 'Show more' });
      await more.waitFor();
      const heading = () => bob.page.getByRole('heading', { level: 1 }).innerText();
      // What waits for the reader is counted whole, however much of it is shown.
      expect([await heading(), await bob.page.locator(rows).count()]).toEqual([
        path === '/history' || path === '/' || path === '/grants' ? name : `${name} (1+)`,
        1,
      ]);
      if (path === '/') expect(await bob.page.title()).toBe('(2) Inbox · Writ');
      await bob.page.getByRole('link', { name: /Inbox\s*2 waiting/ }).waitFor();
      expect(await bob.barriers()).toEqual([]);
      await more.focus();
      await bob.page.keyboard.press('Enter');
      await until('both are there', async () => (await bob.page.locator(rows).count()) === 2);
      expect([await heading(), await more.count()]).toEqual([name, 0]);
    }
    await bob.leave();
  });

  it('suspend an agent and let it ask again', async () => {
    const bob = await Visitor.as('bob', stage, browser);
    await bob.go('/agents');
    await bob.page.getByRole('button', { name: 'Suspend rival-bot' }).click();
    await bob.page.getByRole('dialog').getByText('This ends 0 live grants and 0 open asks.').waitFor();
    await bob.page.getByRole('dialog').getByLabel('Reason').fill('Looks odd.');
    expect(await bob.barriers()).toEqual([]);
    await bob.page.getByRole('button', { name: 'Suspend now' }).click();
    await bob.page.getByRole('button', { name: 'Resume rival-bot' }).click();
    await bob.page.getByRole('dialog').getByRole('button', { name: 'Resume' }).click();
    await bob.page.getByRole('button', { name: 'Suspend rival-bot' }).waitFor();
    await bob.leave();
  });

  it('show the policies in force and what they would say', async () => {
    const bob = await Visitor.as('bob', stage, browser);
    await bob.go('/policies');
    await bob.page.getByText('all.cedar').click();
    await bob.page.getByText('@reason("Nobody drops a ledger.")').waitFor();
    await bob.page.getByText('Try a request').click();
    await bob.page.getByLabel('Agent').selectOption('support-bot');
    const request = bob.page.getByLabel('Request', { exact: true });
    // What comes first of what some rule could permit, with nothing of anybody else's catalogue.
    await until('an example', async () => (await request.inputValue()).includes('"payment.read"'));
    expect(JSON.parse(await request.inputValue())).not.toHaveProperty('authorization_details.0.arguments');
    await bob.page.getByLabel('Action').selectOption('refund.create');
    await until('the action’s own', async () => (await request.inputValue()).includes('"order": "order-1"'));
    await bob.page.getByRole('button', { name: 'What would happen?' }).click();
    await bob.page.getByText('People would be asked').waitFor();
    expect(await bob.barriers()).toEqual([]);
    await bob.page.getByLabel('Resource').selectOption('https://other.example');
    await until('the other resource’s', async () => (await request.inputValue()).includes('"other.read"'));
    await bob.page
      .getByRole('option', { name: /other\.read · low risk · no rule permits it/ })
      .waitFor({ state: 'attached' });
    await bob.page.getByRole('button', { name: 'What would happen?' }).click();
    await bob.page.getByText('Denied', { exact: true }).waitFor();
    await bob.leave();
  });

  it('end a session of one’s own', async () => {
    const [here, elsewhere] = [await Visitor.as('carol', stage, browser), await Visitor.as('carol', stage, browser)];
    await here.go('/account');
    const rows = here.page.getByRole('region', { name: 'Sessions' }).locator('tbody tr');
    await rows.nth(1).waitFor();
    await rows.filter({ hasNotText: 'this one' }).first().getByRole('button', { name: /End/ }).click();
    await rows.nth(1).waitFor({ state: 'detached' });
    await elsewhere.go('/history');
    await elsewhere.page.getByRole('heading', { name: 'Sign in' }).waitFor();
    await Promise.all([here.leave(), elsewhere.leave()]);
  });
});
