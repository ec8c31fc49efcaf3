import { afterAll, afterEach, beforeAll, expect, it } from '@jest/globals';
import type { Browser } from 'playwright-core';
import { describeInBrowser, openBrowser, Visitor, LOOKS } from '../harness/actors/browser.js';
import { setStage, type Stage } from '../harness/world/stage.js';
import { until } from '../harness/judges/until.js';
import { manyRefunds, sayRefunds } from '../harness/world/waiting.js';

const EACH = 100;
const DECISIONS = 10;

describeInBrowser('an inbox in which two hundred requests wait', () => {
  let stage: Stage;
  let browser: Browser;
  let bob: Visitor;

  beforeAll(async () => {
    stage = await setStage(sayRefunds, { roles: 'api,console' });
    browser = await openBrowser();
    for (const agent of ['support-bot', 'rival-bot']) await manyRefunds(stage, agent, EACH);
    bob = await Visitor.as('bob', stage, browser);
  }, 120_000);
  afterAll(async () => {
    await browser?.close();
    await stage?.close();
  });
  afterEach(() => expect(bob.complaints).toEqual([]));

  const rows = () => bob.page.locator('a.ask');
  const counted = (words: string) => bob.page.getByRole('status').getByText(words, { exact: true }).waitFor();
  const shows = (many: number) => until(`${many} rows`, async () => (await rows().count()) === many);
  const focused = (): Promise<string> => bob.page.evaluate('document.activeElement.id');

  it('counts them truly in the heading, in the tab and in the menu, and shows them all', async () => {
    await bob.go('/');
    await counted('200 wait for you, nearest deadline first');
    await shows(2 * EACH);
    expect(await bob.page.title()).toBe('(200) Inbox · Writ');
    await bob.page.getByRole('link', { name: 'Inbox 200 waiting' }).waitFor();
    expect(await bob.barriers()).toEqual([]);
  });

  it('tells forty from forty thousand in a row, in the window and on the page', async () => {
    await bob.go('/?q=support-bot-7');
    await shows(11);
    const row = rows().filter({ hasText: 'Refund 40.07 EUR for order support-bot-7' });
    expect(await row.innerText()).toContain('Support bot on Payments');
    expect(await row.innerText()).toContain('support-bot · https://payments.example');
    await row.click();
    await bob.page
      .getByRole('heading', { level: 2, name: 'Support bot wants: Refund 40.07 EUR for order support-bot-7' })
      .waitFor();
    await bob.page.getByRole('button', { name: 'Deny' }).waitFor();
    for (const [key, name] of [
      ['a', 'Approve this?'],
      ['l', 'Approve for less'],
      ['d', 'Deny this?'],
    ] as const) {
      await bob.page.keyboard.press(key);
      const dialog = bob.page.getByRole('dialog', { name });
      await dialog.getByText('Refund 40.07 EUR for order support-bot-7', { exact: true }).waitFor();
      expect(await dialog.innerText()).toMatch(/Amount\s+amount\s+40\.07 EUR \(4007\)/);
      expect(await bob.barriers()).toEqual([]);
      await bob.page.keyboard.press('Escape');
    }
  });

  it('finds what no page of it shows, by the slash, and keeps the search in the address', async () => {
    await bob.go('/');
    await shows(2 * EACH);
    await bob.page.keyboard.press('/');
    // Letters that are keys elsewhere are letters here.
    await bob.page.keyboard.type('RIVAL 40.77 eur');
    await counted('1 fits, nearest deadline first');
    await rows().filter({ hasText: 'Refund 40.77 EUR for order rival-bot-77' }).waitFor();
    expect(new URL(bob.page.url()).searchParams.get('q')).toBe('RIVAL 40.77 eur');
    await bob.page.reload();
    await counted('1 fits, nearest deadline first');
    expect(await bob.page.getByRole('searchbox').inputValue()).toBe('RIVAL 40.77 eur');
    await bob.page.keyboard.press('/');
    await bob.page.keyboard.press('Escape');
    expect(await focused()).toMatch(/^row-esc_/);
    await bob.page.keyboard.press('/');
    await bob.page.keyboard.type('zebra');
    await bob.page.getByText('Nothing that waits fits.').waitFor();
    expect(await bob.barriers()).toEqual([]);
  });

  it('is narrowed by what there is, with how many, and grouped by agent or rule with counts', async () => {
    await bob.go('/');
    await shows(2 * EACH);
    await bob.page.getByText('Filter and group').click();
    expect(await bob.page.getByLabel('Agent').locator('option').allInnerTexts()).toEqual([
      'Any agent',
      'Rival bot (100)',
      'Support bot (100)',
    ]);
    await bob.page.getByLabel('Agent').selectOption('rival-bot');
    await counted('100 fit, nearest deadline first');
    expect(await bob.page.getByLabel('Risk').locator('option').allInnerTexts()).toEqual([
      'Any risk',
      'High risk (100)',
    ]);
    expect(await rows().filter({ hasText: 'Support bot' }).count()).toBe(0);
    await bob.page.getByLabel('Group by').selectOption('rule');
    expect(await bob.page.getByRole('region', { name: 'refunds' }).getByRole('heading').innerText()).toMatch(
      /refunds\s+100/,
    );
    expect(new URL(bob.page.url()).search).toBe('?agent=rival-bot&by=rule');
    await bob.page.getByRole('button', { name: 'Remove filter: Agent Rival bot' }).click();
    await bob.page.getByLabel('Group by').selectOption('agent');
    for (const name of ['Support bot', 'Rival bot'])
      expect(await bob.page.getByRole('region', { name }).getByRole('heading').innerText()).toMatch(
        new RegExp(`${name}\\s+100`),
      );
  });

  it('is gone through by keys wherever the focus is, and by none while somebody types', async () => {
    await bob.go('/');
    await shows(2 * EACH);
    expect(await focused()).toBe('inbox');
    await bob.page.keyboard.press('Enter');
    const title = (order: string) => bob.page.getByRole('heading', { level: 2, name: `order ${order}`, exact: false });
    await title('support-bot-1').waitFor();
    expect(await focused()).toBe('request');
    await bob.page.keyboard.press('j');
    await title('support-bot-2').waitFor();
    expect(await focused()).toMatch(/^row-esc_/);
    await bob.page.keyboard.press('Enter');
    await until('the request has the focus', async () => (await focused()) === 'request');
    await bob.page.evaluate('document.activeElement.blur()');
    await bob.page.keyboard.press('k');
    await title('support-bot-1').waitFor();
    await bob.page.keyboard.press('c');
    await bob.page.keyboard.type('jad/?');
    expect(await bob.page.getByRole('textbox', { name: 'Comment or question' }).inputValue()).toBe('jad/?');
    expect(await bob.page.getByRole('dialog').count()).toBe(0);
    await bob.page.keyboard.press('Escape');
    expect(await focused()).toMatch(/^row-esc_/);
    await bob.page.keyboard.press('Escape');
    await bob.page.getByText('Choose a request.').waitFor();
    expect(new URL(bob.page.url()).pathname).toBe('/');
    await bob.page.keyboard.press('?');
    const help = bob.page.getByRole('dialog', { name: 'Keys' });
    for (const key of ['j / k', 'Enter', 'a', 'l', 'd', 'c', 'Esc', '/', 'i', '?'])
      await help.getByText(key, { exact: true }).waitFor();
    await bob.page.keyboard.press('Escape');
  });

  it.each(LOOKS)('has no barrier and no sideways scroll at %i pixels, %s', async (width, scheme) => {
    const carol = await Visitor.as('carol', stage, browser, { width, scheme });
    const clean = async (where: string): Promise<void> => {
      expect([where, await carol.barriers()]).toEqual([where, []]);
      expect([where, await carol.fits()]).toEqual([where, true]);
    };
    await carol.go('/?agent=rival-bot&by=agent&q=rival-bot-9');
    await carol.page.locator('a.ask').first().waitFor();
    await carol.page.getByText('Filter and group').click();
    await clean('list');
    await carol.page.locator('a.ask').first().click();
    await carol.page.getByRole('heading', { name: 'Before this' }).waitFor();
    await clean('request');
    if (width === 390) {
      await carol.page.getByRole('link', { name: '← Inbox' }).click();
      await until('the row has the focus', async () =>
        /^row-esc_/.test(await carol.page.evaluate('document.activeElement.id')),
      );
    }
    expect(carol.complaints).toEqual([]);
    await carol.leave();
  });

  it('takes ten decisions in a row by keys alone, and opens the next after each', async () => {
    await bob.go('/');
    await shows(2 * EACH);
    const began = performance.now();
    await bob.page.keyboard.press('Enter');
    for (let number = 1; number <= DECISIONS; number += 1) {
      const order = `support-bot-${number}`;
      const amount = `40.${String(number).padStart(2, '0')} EUR`;
      const heading = bob.page.getByRole('heading', { level: 2, name: `Refund ${amount} for order ${order}` });
      await heading.waitFor();
      expect(await focused()).toBe('request');
      await bob.page.getByRole('button', { name: 'Approve', exact: true }).waitFor();
      await bob.page.keyboard.press('a');
      const dialog = bob.page.getByRole('dialog', { name: 'Approve this?' });
      await dialog.getByText(`Refund ${amount} for order ${order}`, { exact: true }).waitFor();
      await bob.page.keyboard.press('Enter');
      const said = bob.page.getByRole('status').filter({ hasText: `Approved: Refund ${amount} for order ${order}.` });
      await said.waitFor();
      expect(await said.innerText()).toMatch(/Next: Refund 40\.\d\d EUR for order support-bot-\d+\.$/);
    }
    expect(performance.now() - began).toBeLessThan(60_000);
    await counted('190 wait for you, nearest deadline first');
    await until('the tab counts', async () => /^\(190\) /.test(await bob.page.title()));
    expect(await bob.barriers()).toEqual([]);
  }, 90_000);
});
