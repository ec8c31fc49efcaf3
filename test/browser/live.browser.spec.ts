import { createServer, type Server } from 'node:http';
import { afterAll, beforeAll, expect, it } from '@jest/globals';
import type { Browser, Locator } from 'playwright-core';
import { Caller, refundAsk } from '../harness/actors/agent.js';
import { startTestBroker, type Broker } from '../harness/brokers/broker.js';
import { describeInBrowser, openBrowser, Visitor } from '../harness/actors/browser.js';
import { created, setStage, type Stage } from '../harness/world/stage.js';
import { until } from '../harness/judges/until.js';

describeInBrowser('a page of the console', () => {
  let stage: Stage;
  let browser: Browser;
  /** Another process of the same broker, which the page does not know. */
  let beside: Broker;
  /** Who holds the port that the page calls. */
  let here: Broker;

  beforeAll(async () => {
    stage = await setStage();
    here = stage.broker;
    beside = await startTestBroker(stage.world, { slackOff: true, extra: { WRIT_ISSUER: here.issuer } });
    browser = await openBrowser();
  });
  afterAll(async () => {
    await browser?.close();
    await beside?.close();
    await here?.close();
    await stage?.close();
  });

  const port = (): number => Number(new URL(stage.broker.issuer).port);
  const notLive = (visitor: Visitor): Locator => visitor.page.getByRole('status').filter({ hasText: /^Not live/ });
  const ask = async (order: string): Promise<string> =>
    created(await new Caller(stage.world, here.issuer, 'support-bot', beside.base).ask(refundAsk(order)), 202).id;
  /** What a proxy answers while no process stands behind it. */
  const standIn = async (status: number): Promise<{ asked: () => number; end(): Promise<void> }> => {
    let asked = 0;
    const server: Server = createServer((request, response) => {
      if (request.url === '/v1/inbox/stream') asked += 1;
      response.writeHead(status, { 'Content-Type': 'application/problem+json' });
      response.end(JSON.stringify({ type: 'about:blank', title: 'No process is ready', status }));
    });
    await new Promise<void>((resolve) => server.listen(port(), () => resolve()));
    return {
      asked: () => asked,
      end: async () => {
        const closed = new Promise((resolve) => server.close(resolve));
        server.closeAllConnections();
        await closed;
      },
    };
  };
  const comeBack = async (): Promise<void> => {
    here = await startTestBroker(stage.world, { port: port(), slackOff: true });
  };

  it.each([503, 502])(
    'comes back after a %i, says so meanwhile, and shows what it missed',
    async (status) => {
      const bob = await Visitor.as('bob', stage, browser);
      await bob.page.getByRole('link', { name: /^Inbox/ }).waitFor();
      const seen = await ask(`first-${status}`);
      await bob.page.locator(`a.ask[href="/inbox/${seen}"]`).waitFor();
      expect(await notLive(bob).count()).toBe(0);

      await here.close();
      const away = await standIn(status);
      await notLive(bob).waitFor();
      await until('the page has asked more than once', () => away.asked() >= 3);
      const missed = await ask(`missed-${status}`);
      expect(await bob.page.locator(`a.ask[href="/inbox/${seen}"]`).count()).toBe(1);
      expect(await bob.barriers()).toEqual([]);

      await away.end();
      await comeBack();
      await bob.page.locator(`a.ask[href="/inbox/${missed}"]`).waitFor({ timeout: 30_000 });
      await until('it is live', async () => (await notLive(bob).count()) === 0, 30_000);
      const after = await ask(`after-${status}`);
      await bob.page.locator(`a.ask[href="/inbox/${after}"]`).waitFor();
      await bob.leave();
    },
    90_000,
  );

  it('comes back when nobody answered at all', async () => {
    const bob = await Visitor.as('bob', stage, browser);
    await here.close();
    await notLive(bob).waitFor();
    const missed = await ask('nobody');
    await comeBack();
    await bob.page.locator(`a.ask[href="/inbox/${missed}"]`).waitFor({ timeout: 30_000 });
    await until('it is live', async () => (await notLive(bob).count()) === 0, 30_000);
    await bob.leave();
  }, 90_000);
});
