import { afterAll, afterEach, beforeAll, expect, it } from '@jest/globals';
import type { Browser } from 'playwright-core';
import { refundAsk } from '../harness/actors/agent.js';
import { describeInBrowser, openBrowser, Visitor } from '../harness/actors/browser.js';
import { until } from '../harness/judges/until.js';
import { approvedRefund, collectedRefund, created, setStage, type Stage } from '../harness/world/stage.js';

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

  async function inTurn<T>(times: number, make: () => Promise<T>): Promise<T[]> {
    const made: T[] = [];
    while (made.length < times) made.push(await make());
    return made;
  }

  // eslint-disable-next-line @typescript-eslint/no-explicit-any -- whatever the wire says
  async function now(id: string): Promise<any> {
    return (await stage.caller('support-bot').get(`/v1/escalations/${id}`)).body;
  }

  /** The window in which bob may approve this request, opened by its key. */
  async function approving(id: string) {
    await bob.go(`/escalations/${id}`);
    await bob.page.getByRole('button', { name: 'Approve', exact: true }).waitFor();
    await bob.page.keyboard.press('a');
    return bob.page.getByRole('dialog', { name: 'Approve this?' });
  }

  it('shows a new request without a reload, counts it in the title, and opens it with one key from where the focus is', async () => {
    await bob.go('/');
    await bob.page.getByText('Nothing waits for you.').waitFor();
    const { id } = await ask();
    await bob.page.getByRole('link', { name: /refund\.create.*Support bot on Payments/ }).waitFor();
    await until('the tab counts it', async () => (await bob.page.title()) === '(1) Inbox · Writ');
    await bob.page.keyboard.press('Enter');
    await bob.page.getByRole('heading', { level: 2, name: 'Support bot wants refund.create on Payments' }).waitFor();
    expect(bob.page.url()).toBe(`${stage.broker.issuer}/inbox/${id}`);
    await bob.page.keyboard.press('?');
    await bob.page.getByRole('dialog', { name: 'Keys' }).waitFor();
    await bob.page.keyboard.press('Escape');
  });

  it('approves after the window repeated the exact call, agent, resource and time', async () => {
    const { id, digest } = await ask();
    const dialog = await approving(id);
    const repeated = await dialog.innerText();
    const terms = ['Support bot', 'support-bot', 'Payments', 'https://payments.example', '5 minutes'];
    for (const told of ['refund.create', `order-${orders}`, '4000', ...terms, digest.slice(7, 19)])
      expect(repeated).toContain(told);
    expect(await bob.barriers()).toEqual([]);
    await bob.page.route(new RegExp(`/v1/escalations/${id}(/context)?$`), () => undefined); // no later answer
    await bob.page.keyboard.press('Enter');
    await bob.page.getByText('Approved.', { exact: true }).waitFor();
    expect(await bob.page.getByRole('button', { name: 'Approve', exact: true }).count()).toBe(0);
    await bob.page.unrouteAll({ behavior: 'ignoreErrors' });
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

  it('offers none by what it knew before, neither by a button nor by a key', async () => {
    const { id, digest } = await ask();
    await bob.go(`/escalations/${id}`);
    await bob.page.getByRole('button', { name: 'Approve', exact: true }).waitFor();
    await bob.page.route('**/context', () => undefined); // no answer any more
    await (await stage.person('carol')).decide({ id, digest }, 'deny');
    await bob.page.getByRole('heading', { name: 'How it stands' }).waitFor();
    for (const name of ['Approve', 'Approve for less', 'Deny', 'Revoke now'])
      expect([name, await bob.page.getByRole('button', { name, exact: true }).count()]).toEqual([name, 0]);
    for (const key of ['a', 'l', 'd']) await bob.page.keyboard.press(key);
    expect(await bob.page.getByRole('dialog').count()).toBe(0);
    await bob.page.unrouteAll({ behavior: 'ignoreErrors' });
  });

  it('says in an open window that the request was settled meanwhile, and sends nothing from it', async () => {
    const { id, digest } = await ask();
    const dialog = await approving(id);
    await dialog.getByRole('button', { name: 'Approve' }).waitFor();
    await (await stage.person('carol')).decide({ id, digest }, 'deny');
    await dialog.getByRole('alert').getByText('This request was settled meanwhile: Denied.').waitFor();
    expect(await dialog.getByRole('button').allInnerTexts()).toEqual(['Close']);
    expect(await bob.barriers()).toEqual([]);
    // The focus is on what is left: one key leads back.
    await bob.page.keyboard.press('Enter');
    await dialog.waitFor({ state: 'detached' });
  });

  it('says what a denial does to the identical requests behind it, and how many it denied', async () => {
    const body = refundAsk('order-thrice');
    const [first, ...behind] = await inTurn(
      3,
      async () => created(await stage.caller('support-bot').ask(body), 202).id,
    );
    await bob.go(`/escalations/${first}`);
    const line = '2 identical requests wait behind this one: Deny denies them too, Approve leaves each to be decided.';
    await bob.page.getByText(line, { exact: true }).waitFor();
    await bob.page.keyboard.press('d');
    const dialog = bob.page.getByRole('dialog', { name: 'Deny this?' });
    await dialog.getByText(line, { exact: true }).waitFor();
    await dialog.getByRole('textbox', { name: 'Reason' }).fill('Once is enough.');
    expect(await bob.barriers()).toEqual([]);
    await dialog.getByRole('button', { name: 'Deny 3 requests' }).click();
    await bob.page.getByText('Denied 3 requests.', { exact: true }).waitFor();
    await bob.page.getByText(line, { exact: true }).waitFor({ state: 'detached' });
    for (const id of behind) expect((await now(id)).denial).toMatchObject({ code: 'identical_denied' });
  });

  it('says when it does not know what the reader may do, and asks again when told to', async () => {
    const { id } = await ask();
    let away = true;
    await bob.page.route('**/inbox/stream', () => undefined); // nothing but the reader asks again
    await bob.page.route('**/context', (route) =>
      away ? route.fulfill({ status: 503, json: { detail: 'Too busy.' } }) : route.continue(),
    );
    await bob.go(`/escalations/${id}`);
    const verdict = bob.page.getByRole('region', { name: 'Your decision' });
    await verdict.getByRole('alert').getByText('Too busy.').waitFor();
    expect(await bob.barriers()).toEqual([]);
    away = false;
    await verdict.getByRole('button', { name: 'Try again' }).click();
    await verdict.getByRole('button', { name: 'Approve', exact: true }).waitFor();
    expect(await verdict.getByRole('alert').count()).toBe(0);
    await bob.page.unrouteAll({ behavior: 'ignoreErrors' });
    // The browser reports the answer that was meant to fail.
    expect(bob.complaints.splice(0).filter((complaint) => !complaint.includes(`${id}/context`))).toEqual([]);
  });

  it('passes on the word about pace after the fifth fast approval', async () => {
    const [person, last] = [await stage.person('bob'), await ask()];
    const before = await inTurn(5, () => ask());
    await bob.go(`/escalations/${last.id}`);
    await bob.page.getByRole('button', { name: 'Approve', exact: true }).click();
    const dialog = bob.page.getByRole('dialog', { name: 'Approve this?' });
    for (const one of before) await person.decide(one, 'approve');
    await dialog.getByRole('button', { name: 'Approve' }).click();
    const told = bob.page.getByRole('status').filter({ hasText: /^You approved \d+ requests in a row/ });
    await told.waitFor();
    expect(await told.innerText()).toContain('Read the next one before you decide.');
    expect(await bob.barriers()).toEqual([]);
  });

  it('shows in the form for less what each call touches, and its note reaches the agent', async () => {
    const call = (amount: number) => ({
      type: 'tool_call',
      actions: ['refund.create'],
      identifier: 'order/twice',
      arguments: { order: 'twice', amount },
    });
    const { id } = await ask({ authorization_details: [call(4_000), call(90_000)] });
    await bob.go(`/escalations/${id}`);
    await bob.page.getByRole('button', { name: 'Approve for less' }).click();
    const dialog = bob.page.getByRole('dialog', { name: 'Approve for less' });
    for (const [name, amount] of [
      ['Call 1', '4000'],
      ['Call 2', '90000'],
    ] as const)
      expect(await dialog.getByRole('group', { name }).innerText()).toMatch(
        new RegExp(`order/twice\\s[^]*amount\\s+${amount}$`),
      );
    await dialog.getByRole('group', { name: 'Call 2' }).getByRole('checkbox').uncheck();
    await dialog.getByRole('textbox', { name: 'Why less' }).fill('The large one goes to finance.');
    expect(await bob.barriers()).toEqual([]);
    await dialog.getByRole('button', { name: 'Approve for less' }).click();
    await bob.page.getByText('Approved.', { exact: true }).waitFor();
    expect((await now(id)).granted).toMatchObject({
      authorization_details: [call(4_000)],
      cut_reasons: ['The large one goes to finance.'],
    });
  });

  it('says by what a request was cancelled', async () => {
    const rival = created(await stage.caller('rival-bot').ask(refundAsk('order-rival')), 202);
    const suspend = await stage.caller('ops-cli').post('/v1/agents/rival-bot/suspend', {});
    expect(suspend.status).toBe(200);
    await bob.go(`/escalations/${rival.id}`);
    const stands = bob.page.getByRole('region', { name: 'How it stands' });
    await stands.getByText('Cancelled', { exact: true }).waitFor();
    await stands.getByText('cancelled: the agent was suspended').waitFor();
  });

  it('offers to revoke only while the grant lives, and says in an open window that it has ended', async () => {
    const { id, grant } = await approvedRefund(stage, { task: { id: 'run-ended' } });
    await bob.go(`/escalations/${id}`);
    await bob.page.getByRole('button', { name: 'Revoke now' }).click();
    const dialog = bob.page.getByRole('dialog', { name: 'Revoke this grant' });
    await dialog.getByLabel('Reason').fill('Wrong order.');
    await bob.page.route('**/context', () => undefined); // what it knew of the reader's rights stays as it was
    const ended = await stage.caller('ops-cli').post(`/v1/grants/${grant}/revoke`, { reason: 'Twice.' });
    expect(ended.status).toBe(200);
    await dialog.getByRole('alert').getByText('This grant has ended meanwhile: Revoked.').waitFor();
    await dialog.getByRole('button', { name: 'Close' }).click();
    expect(await bob.page.getByRole('button', { name: 'Revoke now' }).count()).toBe(0);
    await bob.page.unrouteAll({ behavior: 'ignoreErrors' });
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
