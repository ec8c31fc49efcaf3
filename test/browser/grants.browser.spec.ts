import { afterAll, beforeAll, expect, it } from '@jest/globals';
import type { Browser } from 'playwright-core';
import { readAsk, refundAsk } from '../harness/actors/agent.js';
import { describeInBrowser, openBrowser, Visitor, LOOKS } from '../harness/actors/browser.js';
import { copyLiveGrants } from '../harness/world/live-grants.js';
import { collectedRefund, created, setStage, type Stage } from '../harness/world/stage.js';
import { until } from '../harness/judges/until.js';

const READY = 5_000;

describeInBrowser('what is live', () => {
  let stage: Stage;
  let browser: Browser;

  beforeAll(async () => {
    stage = await setStage(undefined, { roles: 'api,console' });
    browser = await openBrowser();
    const { grant } = await collectedRefund(stage, { requested_ttl: 200 });
    await copyLiveGrants(stage.world, grant, { count: 130, state: 'active', endsIn: (index) => 3_600 + index });
    const read = created(await stage.caller('rival-bot').ask(readAsk()), 201) as unknown as { grant: { id: string } };
    await copyLiveGrants(stage.world, read.grant.id, {
      count: READY - 1,
      state: 'ready',
      endsIn: (index) => 3_600 + index,
    });
    await copyLiveGrants(stage.world, read.grant.id, { count: 4, state: 'active', endsIn: () => 600 });
    created(await stage.caller('support-bot').ask(refundAsk('9000')), 202);
  });
  afterAll(async () => {
    await browser?.close();
    await stage?.close();
  });

  const rows = ({ page }: Visitor) => page.locator('tbody tr');
  const tabs = async ({ page }: Visitor): Promise<string[]> =>
    page.getByRole('navigation', { name: 'In use' }).getByRole('link').allInnerTexts();
  const shows = (visitor: Visitor, count: number): Promise<unknown> =>
    until(`${count} rows are there`, async () => (await rows(visitor).count()) === count);

  it('is all there for an auditor, counted, and begins the console for whoever can never vote', async () => {
    const erin = await Visitor.as('erin', stage, browser);
    expect(new URL(erin.page.url()).pathname).toBe('/grants');
    await erin.page.getByRole('heading', { level: 1, name: 'All live grants' }).waitFor();
    await until('the counts are there', async () => (await tabs(erin)).join().includes('5,000'));
    expect(await tabs(erin)).toEqual(['In use 135', 'Approved, not yet collected 5,000']);
    const menu = await erin.page.getByRole('navigation', { name: 'Pages' }).getByRole('link').allInnerTexts();
    expect(menu).toEqual(expect.arrayContaining(['Live grants', 'Agents']));
    expect(menu.join()).not.toMatch(/Inbox|My history/);
    await shows(erin, 100);
    expect(await rows(erin).first().innerText()).toContain('High risk');
    expect(await erin.page.getByRole('button', { name: /Revoke/ }).count()).toBe(0);
    await erin.page.getByRole('button', { name: 'Show more' }).click();
    await shows(erin, 135);
    expect(await rows(erin).last().innerText()).toContain('Low risk');
    await erin.leave();
  });

  it('is found by words, risk and agent, and the address carries it', async () => {
    const erin = await Visitor.as('erin', stage, browser);
    await shows(erin, 100);
    await erin.page.keyboard.press('/');
    await erin.page.keyboard.type('rival');
    await shows(erin, 4);
    expect(new URL(erin.page.url()).search).toBe('?text=rival');
    await until('the counts follow', async () => (await tabs(erin))[0] === 'In use 4');
    await erin.page.getByLabel('Risk').selectOption('high');
    await erin.page.getByText('None that fits.').waitFor();
    await erin.page.getByRole('link', { name: 'Show all' }).click();
    await shows(erin, 100);
    await erin.go('/grants?status=ready&agent=rival-bot&risk=low');
    await shows(erin, 100);
    await until(
      'the choice is there',
      async () => (await erin.page.getByLabel('Agent', { exact: true }).inputValue()) === 'rival-bot',
    );
    expect(await rows(erin).first().innerText()).toContain('Rival bot');
    await erin.leave();
  });

  it('offers to look on where a page came empty and is not the last', async () => {
    const erin = await Visitor.as('erin', stage, browser);
    await shows(erin, 100);
    await erin.page.route(/\/v1\/people\/grants\?(?!.*cursor=)/, async (route) => {
      const response = await route.fetch();
      await route.fulfill({ response, json: { ...((await response.json()) as object), items: [] } });
    });
    await erin.go('/grants');
    await erin.page.getByText('None so far.').waitFor();
    expect(await erin.page.getByText('Nothing is in use.').count()).toBe(0);
    expect([await erin.barriers(), await erin.fits()]).toEqual([[], true]);
    const pictures = process.env['WRIT_TEST_PICTURES'];
    if (pictures !== undefined) await erin.page.screenshot({ path: `${pictures}/empty-page.png` });
    await erin.page.getByRole('button', { name: 'Show more' }).click();
    await shows(erin, 35);
    await erin.page.unrouteAll({ behavior: 'wait' });
    await erin.leave();
  });

  it('is for an approver what they may end, and says so', async () => {
    const [bob, dave] = [await Visitor.as('bob', stage, browser), await Visitor.as('dave', stage, browser)];
    await bob.go('/grants');
    await bob.page.getByRole('heading', { level: 1, name: 'Grants that you may end' }).waitFor();
    await until('the counts are there', async () => (await tabs(bob))[0] === 'In use 131');
    await bob.page
      .getByRole('button', { name: /Revoke/ })
      .first()
      .click();
    const dialog = bob.page.getByRole('dialog');
    await dialog.getByText('Support bot loses its authority on Payments at once.').waitFor();
    await dialog.getByLabel('Reason').fill('Enough.');
    await dialog.getByRole('button', { name: 'Revoke now' }).click();
    await until('it is gone', async () => (await tabs(bob))[0] === 'In use 130');
    await dave.go('/grants');
    await dave.page.getByText('None that you may end.').waitFor();
    await Promise.all([bob.leave(), dave.leave()]);
  });

  it('stands on the page of its agent, and suspending says how much it ends', async () => {
    const olga = await Visitor.as('olga', stage, browser);
    await olga.go('/agents');
    await olga.page.getByRole('link', { name: /Support bot/ }).click();
    await olga.page.getByRole('heading', { level: 1, name: 'Support bot' }).waitFor();
    await olga.page.getByRole('heading', { name: 'Holds 130' }).waitFor();
    await olga.page.getByRole('heading', { name: 'Waits for people 1' }).waitFor();
    await olga.page.getByRole('region', { name: 'May ask' }).getByText('refund.create').waitFor();
    await olga.page.getByRole('button', { name: 'Suspend' }).click();
    await olga.page.getByText('This ends 130 live grants and 1 open ask.').waitFor();
    expect(await olga.barriers()).toEqual([]);
    await olga.page.getByRole('button', { name: 'Cancel' }).click();
    await olga.page.getByRole('link', { name: 'All of its live grants' }).click();
    await until('they are there', async () => (await tabs(olga))[0] === 'In use 130');
    await olga.leave();
  });

  it.each(LOOKS)('has no barrier and no sideways scroll at %i pixels, %s', async (width, scheme) => {
    const olga = await Visitor.as('olga', stage, browser, { width, scheme });
    for (const path of [
      '/grants',
      '/grants?status=ready',
      '/grants?text=nothing',
      '/agents',
      '/agents/support-bot',
      '/insights',
    ]) {
      await olga.go(path);
      await until('everything is loaded', async () => (await olga.page.locator('.loading').count()) === 0);
      expect([path, await olga.barriers()]).toEqual([path, []]);
      expect([path, await olga.fits()]).toEqual([path, true]);
      const pictures = process.env['WRIT_TEST_PICTURES'];
      if (pictures !== undefined) {
        const name = path.replaceAll(/\W+/g, '-');
        await olga.page.screenshot({ path: `${pictures}/${width}-${scheme}${name}.png` });
      }
    }
    expect(olga.complaints).toEqual([]);
    await olga.leave();
  });
});
