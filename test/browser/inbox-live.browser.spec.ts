import { afterAll, afterEach, beforeAll, beforeEach, expect, it } from '@jest/globals';
import type { Browser } from 'playwright-core';
import { describeInBrowser, openBrowser, Visitor } from '../harness/actors/browser.js';
import { setStage, type Stage } from '../harness/world/stage.js';
import { until } from '../harness/judges/until.js';
import { asked, callOf, sayRefunds } from '../harness/world/waiting.js';

describeInBrowser('an open inbox', () => {
  let stage: Stage;
  let browser: Browser;
  let bob: Visitor;
  let orders = 0;

  beforeAll(async () => {
    stage = await setStage(sayRefunds, { roles: 'api,console' });
    browser = await openBrowser();
    bob = await Visitor.as('bob', stage, browser);
  });
  beforeEach(async () => {
    const olga = await stage.person('olga');
    for (const agent of ['support-bot', 'rival-bot'])
      await olga.send('POST', `/v1/agents/${agent}/deny-pending`, { reason: 'A new test.' });
    await bob.go('/');
    await bob.page.getByText('Nothing waits for you.').waitFor();
  });
  afterAll(async () => {
    await browser?.close();
    await stage?.close();
  });
  afterEach(() => expect(bob.complaints).toEqual([]));

  const refund = (amount = 4_000, agent = 'support-bot') =>
    asked(stage, agent, [callOf('refund.create', { order: `order-${(orders += 1)}`, amount })]);
  const rows = (visitor = bob) => visitor.page.locator('a.ask');
  const listed = (): Promise<string[]> =>
    rows().evaluateAll((links: { id: string; className: string }[]) =>
      links.map(({ id, className }) => id.replace('row-', '') + (className.includes('gone') ? ' gone' : '')),
    );
  const lists = (ids: string[]) =>
    until(`the list is ${ids.join(', ')}`, async () => JSON.stringify(await listed()) === JSON.stringify(ids));

  it('moves nothing that is read when others come and go, and says so', async () => {
    const [one, two, three] = [await refund(), await refund(), await refund()];
    await lists([one.id, two.id, three.id]);
    await bob.page.keyboard.press('j');
    await bob.page.keyboard.press('j');
    await bob.page.getByRole('heading', { level: 2, name: 'Support bot wants: Refund 40.00 EUR' }).waitFor();
    await until('the second is open', () => bob.page.url().endsWith(`/inbox/${two.id}`));

    const four = await refund();
    await lists([one.id, two.id, three.id, four.id]);
    await bob.page.getByRole('status').getByText('new request').first().waitFor();
    // An export has to be decided within a minute: it belongs on top, where it would push the others away.
    const urgent = await asked(stage, 'rival-bot', [callOf('ledger.export', { period: '2026' })]);
    await bob.page.getByRole('status').getByText('1 new request with a nearer deadline').waitFor();
    await (await stage.person('carol')).decide(one, 'deny');
    await lists([`${one.id} gone`, two.id, three.id, four.id]);
    expect(bob.page.url().endsWith(`/inbox/${two.id}`)).toBe(true);
    expect(await bob.barriers()).toEqual([]);

    await bob.page.getByRole('button', { name: 'Show', exact: true }).click();
    await lists([urgent.id, two.id, three.id, four.id]);
    expect(bob.page.url().endsWith(`/inbox/${two.id}`)).toBe(true);
  });

  it('passes over what somebody else has decided meanwhile', async () => {
    const [one, two, three] = [await refund(), await refund(), await refund(4_000_000)];
    await lists([one.id, two.id, three.id]);
    await bob.page.keyboard.press('Enter');
    await bob.page.getByRole('button', { name: 'Approve', exact: true }).waitFor();
    await (await stage.person('carol')).decide(two, 'deny');
    await lists([one.id, `${two.id} gone`, three.id]);
    await bob.page.keyboard.press('d');
    await bob.page.getByRole('dialog').getByRole('textbox', { name: 'Reason' }).fill('Not this one.');
    await bob.page.getByRole('dialog').getByRole('button', { name: 'Deny' }).click();
    await bob.page
      .getByRole('status')
      .getByText(/^Denied: Refund 40\.00 EUR for order .*\. Next: Refund 40,000\.00 EUR for order /)
      .waitFor();
    await bob.page.getByRole('heading', { level: 2, name: 'Refund 40,000.00 EUR' }).waitFor();
    await lists([three.id]);
  });

  it('says after the last decision that nothing waits, and gives the focus back to its heading', async () => {
    const { id } = await refund();
    await lists([id]);
    await bob.page.keyboard.press('Enter');
    await bob.page.getByRole('button', { name: 'Approve', exact: true }).waitFor();
    await bob.page.keyboard.press('a');
    await bob.page.getByRole('dialog').waitFor();
    await bob.page.keyboard.press('Enter');
    await bob.page
      .getByRole('status')
      .getByText(/^Approved: Refund 40\.00 EUR for order .* Nothing else waits for you\.$/)
      .waitFor();
    await bob.page.getByText('Nothing waits for you.', { exact: true }).waitFor();
    expect(new URL(bob.page.url()).pathname).toBe('/');
    await until(
      'the heading has the focus',
      async () => (await bob.page.evaluate('document.activeElement.id')) === 'inbox',
    );
    expect(await bob.page.title()).toBe('Inbox · Writ');
    expect(await bob.barriers()).toEqual([]);
  });

  it('opens none that the same denial reaches', async () => {
    const [one, , other] = [await refund(), await refund(), await refund(4_000, 'rival-bot')];
    await until('three rows', async () => (await rows().count()) === 3);
    await bob.page.locator(`#row-${one.id}`).click();
    await bob.page.getByRole('button', { name: 'Deny' }).waitFor();
    await bob.page.keyboard.press('d');
    const dialog = bob.page.getByRole('dialog');
    await dialog.getByRole('textbox', { name: 'Reason' }).fill('It runs wild.');
    await dialog.getByRole('checkbox', { name: /Everything that Support bot asks/ }).check();
    await dialog.getByRole('button', { name: 'Deny all' }).click();
    await until('the other agent’s is open', () => bob.page.url().endsWith(`/inbox/${other.id}`));
    await lists([other.id]);
  });

  it('names each action of several calls, says what is left out, and what is free', async () => {
    const calls = [
      callOf('refund.create', { order: 'a', amount: 4_000, note: 'twice' }, { identifier: 'order/a' }),
      callOf('refund.create', { order: 'b', amount: 4_000_000 }),
      { type: 'tool_call', actions: ['payment.read'] },
      callOf('ledger.export', { period: '\u202eevil' }),
      callOf('refund.create', { order: 'c', amount: 1 }),
    ];
    await asked(stage, 'support-bot', calls);
    const row = rows().first();
    await row.waitFor();
    const text = (await row.innerText()).replace(/\s+/g, ' ');
    for (const told of [
      'Refund 40.00 EUR for order a refund.create order/a note twice',
      'Refund 40,000.00 EUR for order b refund.create ANY identifier',
      'payment.read ANY identifier ANY arguments',
      '+ 2 more calls: ledger.export, refund.create',
    ])
      expect(text).toContain(told);
    await row.click();
    await bob.page.getByRole('button', { name: 'Approve', exact: true }).waitFor();
    await bob.page.keyboard.press('a');
    const dialog = bob.page.getByRole('dialog');
    expect(await dialog.getByRole('table').count()).toBe(calls.length);
    await dialog.getByText('ANY (not limited by this request)').first().waitFor();
    expect(await dialog.innerText()).toContain('\\u{202e}evil');
    expect(await bob.barriers()).toEqual([]);
  });

  it('shows one thing at a time on a phone: the request, back to its row, and the next after a decision', async () => {
    const [one, two] = [await refund(), await refund(4_000_000)];
    const phone = await Visitor.as('bob', stage, browser, { width: 390 });
    await phone.page.locator(`#row-${one.id}`).click();
    await phone.page.getByRole('heading', { level: 1, name: 'Support bot wants: Refund 40.00 EUR' }).waitFor();
    expect(await rows(phone).count()).toBe(0);
    await phone.page.goBack();
    await phone.page.locator(`#row-${one.id}`).click();
    await phone.page.getByRole('button', { name: 'Approve', exact: true }).click();
    await phone.page.getByRole('dialog').getByRole('button', { name: 'Approve' }).click();
    await phone.page.getByRole('heading', { level: 1, name: 'Refund 40,000.00 EUR' }).waitFor();
    await phone.page
      .getByRole('status')
      .getByText(/^Approved: Refund 40\.00 EUR/)
      .waitFor();
    expect(phone.page.url()).toBe(`${stage.broker.issuer}/inbox/${two.id}`);
    expect([await phone.barriers(), await phone.fits()]).toEqual([[], true]);
    await phone.page.getByRole('link', { name: '← Inbox' }).click();
    await phone.page.locator(`#row-${two.id}`).waitFor();
    expect(phone.complaints).toEqual([]);
    await phone.leave();
  });

  it('keeps permalinks as pages of their own, from which Escape leads to the inbox', async () => {
    const { id } = await refund();
    await bob.go(`/escalations/${id}`);
    await bob.page.getByRole('heading', { level: 1, name: 'Support bot wants: Refund 40.00 EUR' }).waitFor();
    expect(await rows().count()).toBe(0);
    await bob.page.keyboard.press('Escape');
    await bob.page.locator(`#row-${id}`).waitFor();
  });
});
