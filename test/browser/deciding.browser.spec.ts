import { afterAll, afterEach, beforeAll, expect, it } from '@jest/globals';
import type { Browser } from 'playwright-core';
import { refundAsk } from '../harness/agent.js';
import { describeInBrowser, openBrowser, Visitor } from '../harness/browser.js';
import { until } from '../harness/until.js';
import { collectedRefund, created, setStage, type Stage } from '../harness/stage.js';

describeInBrowser('deciding in the console', () => {
  let stage: Stage;
  let browser: Browser;
  let bob: Visitor;
  let orders = 0;

  beforeAll(async () => {
    stage = await setStage();
    browser = await openBrowser();
    bob = await Visitor.as('bob', stage, browser);
  });
  afterAll(async () => {
    await browser?.close();
    await stage?.close();
  });
  afterEach(() => expect(bob.complaints).toEqual([]));

  /** Asks for another refund each time, because the same one again would fold into one. */
  async function ask(more: Record<string, unknown> = {}): Promise<{ id: string; digest: string }> {
    orders += 1;
    return created(await stage.caller('support-bot').ask(refundAsk(`order-${orders}`, more)), 202);
  }

  // eslint-disable-next-line @typescript-eslint/no-explicit-any -- whatever the wire says
  async function now(id: string): Promise<any> {
    return (await stage.caller('support-bot').get(`/v1/escalations/${id}`)).body;
  }

  it('shows a new request without a reload, counts it in the title, and opens it by keys alone', async () => {
    await bob.go('/');
    await bob.page.getByText('Nothing waits for you.').waitFor();
    const { id } = await ask();
    await bob.page.getByRole('link', { name: /support-bot wants refund.create/ }).waitFor();
    expect(await bob.page.title()).toBe('(1) Inbox · Writ');
    await bob.page.keyboard.press('j');
    await bob.page.keyboard.press('Enter');
    await bob.page.getByRole('heading', { level: 1, name: /wants refund.create on/ }).waitFor();
    expect(bob.page.url()).toBe(`${stage.broker.issuer}/escalations/${id}`);
    await bob.page.keyboard.press('?');
    await bob.page.getByRole('dialog', { name: 'Keys' }).waitFor();
    await bob.page.keyboard.press('Escape');
  });

  it('approves after the window repeated agent, action, resource and time', async () => {
    const { id, digest } = await ask();
    await bob.go(`/escalations/${id}`);
    await bob.page.getByRole('button', { name: 'Approve', exact: true }).waitFor();
    await bob.page.keyboard.press('a');
    const dialog = bob.page.getByRole('dialog', { name: 'Approve this?' });
    const repeated = await dialog.innerText();
    for (const told of ['support-bot', 'refund.create', 'https://payments.example', '5 minutes', digest.slice(7, 19)])
      expect(repeated).toContain(told);
    expect(await bob.barriers()).toEqual([]);
    await bob.page.keyboard.press('Enter');
    await bob.page.getByText('Approved.', { exact: true }).waitFor();
    expect(await now(id)).toMatchObject({ status: 'approved', digest, grant: { status: 'ready' } });
  });

  it('approves for less, and the agent sees what was cut', async () => {
    const { id } = await ask({ max_uses: 5 });
    await bob.go(`/escalations/${id}`);
    await bob.page.getByRole('button', { name: 'Approve for less' }).click();
    const dialog = bob.page.getByRole('dialog', { name: 'Approve for less' });
    await dialog.getByRole('button', { name: 'Approve for less' }).click();
    await dialog.getByText('Nothing is cut yet').waitFor();
    await dialog.getByLabel('Time in seconds').fill('60');
    await dialog.getByLabel('Uses').fill('1');
    expect(await bob.barriers()).toEqual([]);
    await dialog.getByRole('button', { name: 'Approve for less' }).click();
    await bob.page.getByText('Approved.', { exact: true }).waitFor();
    expect((await now(id)).granted).toMatchObject({ ttl: 60, max_uses: 1 });
    expect((await now(id)).granted.cuts).toContainEqual({ field: 'max_uses', asked: 5, granted: 1 });
  });

  it('denies with a reason, which the agent reads', async () => {
    const { id } = await ask();
    await bob.go(`/escalations/${id}`);
    await bob.page.getByRole('button', { name: 'Deny' }).waitFor();
    await bob.page.keyboard.press('d');
    const dialog = bob.page.getByRole('dialog', { name: 'Deny this?' });
    await dialog.getByRole('textbox', { name: 'Reason' }).fill('Wrong customer.');
    await dialog.getByRole('button', { name: 'Deny' }).click();
    await bob.page.getByText('Denied.', { exact: true }).waitFor();
    expect(await now(id)).toMatchObject({ status: 'denied', denial: { by: 'person', reason: 'Wrong customer.' } });
  });

  it('keeps a comment with the request, and another reader sees it at once', async () => {
    const { id } = await ask();
    const carol = await Visitor.as('carol', stage, browser);
    await carol.go(`/escalations/${id}`);
    await carol.page.getByRole('heading', { name: 'Comments' }).waitFor();
    await bob.go(`/escalations/${id}`);
    await bob.page.getByRole('heading', { name: 'Comments' }).waitFor();
    await bob.page.keyboard.press('c');
    await bob.page.keyboard.type('Is this the one from Friday?');
    await bob.page.getByRole('button', { name: 'Send' }).click();
    await carol.page.getByText('Is this the one from Friday?', { exact: true }).waitFor();
    expect(carol.complaints).toEqual([]);
    await carol.leave();
  });

  it('shows words of the agent as text alone, with what is invisible written out', async () => {
    const { id } = await ask({ justification: '<b>Approve</b> \u202eevil\u202c <img src=x onerror=alert(1)>' });
    await bob.go(`/escalations/${id}`);
    const words = bob.page.getByRole('region', { name: /own words/ });
    await words.getByText('<b>Approve</b> \\u{202e}evil\\u{202c} <img src=x onerror=alert(1)>').waitFor();
    expect(await words.getByRole('link').count()).toBe(0);
  });

  it('offers no decision any more once somebody else made it', async () => {
    const { id, digest } = await ask();
    await bob.go(`/escalations/${id}`);
    await bob.page.getByRole('button', { name: 'Approve', exact: true }).waitFor();
    await (await stage.person('carol')).decide({ id, digest }, 'deny');
    await bob.page.getByRole('heading', { name: 'How it stands' }).waitFor();
    expect(await bob.page.getByRole('button', { name: 'Approve', exact: true }).count()).toBe(0);
  });

  it('revokes a live grant with a reason', async () => {
    const { id } = await collectedRefund(stage, { task: { id: 'run-live' } });
    await bob.go('/grants');
    await bob.page
      .getByRole('button', { name: /Revoke/ })
      .first()
      .click();
    const dialog = bob.page.getByRole('dialog', { name: 'Revoke this grant' });
    await dialog.getByLabel('Reason').fill('Wrong order.');
    await dialog.getByRole('button', { name: 'Revoke now' }).click();
    await dialog.waitFor({ state: 'detached' });
    await until('the row is gone', async () => (await bob.page.locator(`a[href="/escalations/${id}"]`).count()) === 0);
    expect((await now(id)).grant).toMatchObject({ status: 'revoked', end_reason: 'revoked_by_person' });
  });
});
