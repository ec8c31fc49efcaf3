import { afterAll, beforeAll, expect, it } from '@jest/globals';
import type { Browser } from 'playwright-core';
import { refundAsk } from '../harness/actors/agent.js';
import { describeInBrowser, openBrowser, Visitor } from '../harness/actors/browser.js';
import { created, setStage, type Stage } from '../harness/world/stage.js';
import { until } from '../harness/judges/until.js';

const READ = {
  resource: 'https://payments.example',
  authorization_details: [{ type: 'tool_call', actions: ['payment.read'] }],
  task: { id: 'run-read' },
};
const DAYS_40_MS = 40 * 86_400_000;

describeInBrowser('a page that is evidence', () => {
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

  const ask = async (body: object, status: 201 | 202): Promise<{ id: string; digest: string }> =>
    created(await stage.caller('support-bot').ask(body as never), status);

  it('says of what policy decided that policy decided it, and of no card where there was none', async () => {
    const allowed = await ask(READ, 201);
    const denied = await stage.caller('support-bot').ask({
      ...READ,
      authorization_details: [{ type: 'tool_call', actions: ['ledger.drop'] }],
    });
    const erin = await Visitor.as('erin', stage, browser);
    for (const [id, heading] of [
      [allowed.id, 'Why policy allowed this'],
      [String(denied.body.id), 'Why policy denied this'],
    ] as const) {
      await erin.go(`/escalations/${id}`);
      await erin.page.getByRole('heading', { name: heading }).waitFor();
      await erin.page.getByText('As it was when this was asked').waitFor();
      await erin.page.getByText('Nobody was asked: policy decided.').waitFor();
      const text = await erin.page.locator('main').innerText();
      expect(text).not.toMatch(/needs people|needs you|asks people|card in Slack/);
      expect(await erin.barriers()).toEqual([]);
    }
    await erin.leave();
  });

  it('says what each voter saw, however much has happened since', async () => {
    const asked = await ask(refundAsk('seen'), 202);
    const bob = await Visitor.as('bob', stage, browser);
    await bob.go(`/escalations/${asked.id}`);
    await bob.page.getByRole('heading', { name: 'Why this needs you' }).waitFor();
    await (await stage.person('bob')).decide(asked, 'approve');
    await bob.page.getByRole('heading', { name: 'Why people were asked' }).waitFor();
    await bob.page.getByRole('heading', { name: 'What bob saw when approving' }).waitFor();
    const later = await ask(refundAsk('later'), 202);
    await (await stage.person('bob')).decide(later, 'approve');
    await bob.page.reload();
    const before = bob.page.getByRole('region', { name: 'Before this' });
    await before.getByText('As of the vote').waitFor();
    expect(await before.innerText()).not.toContain('refund.create');
    expect(await bob.barriers()).toEqual([]);
    await bob.leave();
  });

  it('has the date and the zone of every time of another day, and UTC on hover', async () => {
    const asked = await ask(refundAsk('old'), 202);
    await (await stage.person('bob')).decide(asked, 'approve');
    const erin = await Visitor.as('erin', stage, browser);
    await erin.page.clock.setFixedTime(Date.now() + DAYS_40_MS);
    await erin.go(`/escalations/${asked.id}`);
    const happened = erin.page.getByRole('region', { name: 'What happened' }).locator('time');
    await happened.first().waitFor();
    const times = erin.page.locator('main time');
    for (const text of await times.allTextContents())
      expect(text).toMatch(/^\d{1,2} \w{3,4} 20\d\d, \d\d:\d\d(:\d\d)? UTC$/);
    for (const time of await times.all())
      expect(await time.getAttribute('title')).toMatch(/^20\d\d-\d\d-\d\d \d\d:\d\d:\d\d UTC$/);
    expect(await times.count()).toBeGreaterThan(5);
    await erin.leave();
  });

  it('tells times in the zone that was chosen, and keeps the choice', async () => {
    const bob = await Visitor.as('bob', stage, browser);
    await bob.go('/account');
    const zone = bob.page.getByLabel('Time zone');
    await zone.selectOption('Asia/Tokyo');
    const sessions = bob.page.getByRole('region', { name: 'Sessions' }).locator('time').first();
    await until('the zone', async () => /(GMT\+9|JST)/.test(await sessions.innerText()));
    expect(await sessions.getAttribute('title')).toMatch(/ UTC$/);
    expect(await bob.barriers()).toEqual([]);
    await bob.page.reload();
    expect(await zone.inputValue()).toBe('Asia/Tokyo');
    await until('the zone again', async () => /(GMT\+9|JST)/.test(await sessions.innerText()));
    await zone.selectOption('browser');
    await until('the browser’s', async () => /^today \d\d:\d\d$/.test(await sessions.innerText()));
    expect(await bob.page.evaluate('localStorage.getItem("writ.zone")')).toBeNull();
    await bob.leave();
  });

  it('that there is not says so, signed in or not', async () => {
    const stranger = await Visitor.arrive(stage, browser);
    const answered = stranger.page.waitForResponse((response) => response.url().endsWith('/grantz'));
    await stranger.go('/grantz');
    expect((await answered).status()).toBe(404);
    await stranger.page.getByRole('heading', { name: 'There is no page here' }).waitFor();
    expect(await stranger.barriers()).toEqual([]);
    await stranger.page.getByRole('link', { name: 'Sign in' }).click();
    await stranger.page.getByRole('heading', { name: 'Sign in' }).waitFor();
    await stranger.leave();

    const bob = await Visitor.as('bob', stage, browser, { width: 390 });
    await bob.go('/grantz');
    await bob.page.getByRole('heading', { name: 'There is no page here' }).waitFor();
    expect(await bob.barriers()).toEqual([]);
    await bob.page.getByRole('link', { name: 'Go to the inbox' }).click();
    await bob.page.getByRole('heading', { name: 'Inbox' }).waitFor();
    await bob.leave();
  });
});
