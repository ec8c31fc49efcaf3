import { afterAll, beforeAll, expect, it } from '@jest/globals';
import type { Browser, Page } from 'playwright-core';
import { refundAsk } from '../harness/actors/agent.js';
import { freePort, startTestBroker, type Broker } from '../harness/brokers/broker.js';
import { describeInBrowser, openBrowser, Visitor } from '../harness/actors/browser.js';
import { startFaultProxy, type FaultProxy } from '../harness/faults/fault-proxy.js';
import { created, setStage, type Stage } from '../harness/world/stage.js';
import { until } from '../harness/judges/until.js';

const TOLD_WITHIN_MS = 3_000;

describeInBrowser('an open page whose broker is gone', () => {
  let stage: Stage;
  let behind: Broker;
  let proxy: FaultProxy;
  let browser: Browser;
  let pages: Page[];
  let close: () => Promise<void>;
  let visitor: Visitor;

  beforeAll(async () => {
    stage = await setStage((config) => {
      for (const person of config.people) if (person.id === 'bob') person.roles = ['approver', 'operator'];
    });
    const port = await freePort();
    proxy = await startFaultProxy(`http://127.0.0.1:${port}`);
    const issuer = `http://localhost:${new URL(proxy.url).port}`;
    behind = await startTestBroker(stage.world, { port, slackOff: true, extra: { WRIT_ISSUER: issuer } });
    browser = await openBrowser();
    const asked = created(await stage.caller('support-bot').ask(refundAsk('gone')), 202);
    const far = { ...stage, broker: { ...behind, issuer } };
    // Two sessions: one has room for five streams, and each page has its own.
    const [one, two] = [await Visitor.as('bob', far, browser), await Visitor.as('bob', far, browser)];
    visitor = one;
    pages = [];
    for (const [path, { context }] of [
      ['/', one],
      [`/escalations/${asked.id}`, one],
      ['/grants', one],
      ['/agents', two],
      ['/policies', two],
      ['/insights', two],
    ] as const) {
      const page = await context.newPage();
      await page.goto(issuer + path);
      await page.getByRole('heading', { level: 1 }).waitFor();
      pages.push(page);
    }
    await Promise.all([one.page.close(), two.page.close()]);
    close = async () => void (await Promise.all([one.leave(), two.leave()]));
  }, 60_000);
  afterAll(async () => {
    await close?.();
    await browser?.close();
    await proxy?.close();
    await behind?.close();
    await stage?.close();
  });

  const notLive = (page: Page) => page.getByRole('status').filter({ hasText: /^Not live/ });
  const told = async (page: Page, since: number): Promise<number> => {
    await notLive(page).waitFor({ timeout: 10_000 });
    return performance.now() - since;
  };
  const clocks = async (page: Page): Promise<string> =>
    (await page.locator('.clock').allInnerTexts()).join(' ').replaceAll(/\s+/g, ' ');

  it.each([
    ['refuses whoever comes, as where its process was killed', () => proxy.refuse()],
    ['says nothing more, as where it hangs or packets are lost', () => proxy.swallow('all')],
  ])(
    'says so within three seconds, lets no clock run on, and recovers by itself: %s',
    async (name, fault) => {
      const [inbox, request] = pages as [Page, Page];
      for (const page of pages) expect(await notLive(page).count()).toBe(0);
      await until('the clocks run', async () => /left/.test(await clocks(inbox)) && /left/.test(await clocks(request)));

      const since = performance.now();
      fault();
      const after = await Promise.all(pages.map((page) => told(page, since)));
      expect(after.filter((ms) => ms > TOLD_WITHIN_MS)).toEqual([]);
      for (const page of [inbox, request]) {
        expect(await clocks(page)).toMatch(/until \d\d:\d\d:\d\d/);
        expect(await clocks(page)).not.toMatch(/left/);
      }

      proxy.admit();
      await until(
        'every page is live again',
        async () => (await Promise.all(pages.map((page) => notLive(page).count()))).every((count) => count === 0),
        30_000,
      );
      await until('the clocks run again', async () => /left/.test(await clocks(inbox)));
      const missed = created(await stage.caller('support-bot').ask(refundAsk(`after-${name.length}`)), 202);
      await inbox.locator(`a.ask[href="/inbox/${missed.id}"]`).waitFor();
      expect(visitor.complaints.filter((text) => !/ERR_|Failed to load|stream/.test(text))).toEqual([]);
    },
    90_000,
  );
});
