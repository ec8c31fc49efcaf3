import { afterAll, beforeAll, expect, it } from '@jest/globals';
import type { Browser, Locator, Page } from 'playwright-core';
import { refundAsk } from '../harness/actors/agent.js';
import { describeInBrowser, openBrowser } from '../harness/actors/browser.js';
import { created, setStage, type Stage } from '../harness/world/stage.js';

/** Pixels at 1280 wide, some rows above what was measured: fonts differ from machine to machine. */
const MOST = { one: 400, three: 560, buttons: 240, decided: 220 };

const refund = (order: string) => ({
  type: 'tool_call',
  actions: ['refund.create'],
  identifier: `order/${order}`,
  arguments: { order, amount: 4000 },
});

describeInBrowser('a card in the local Slack', () => {
  let stage: Stage;
  let browser: Browser;
  let page: Page;

  beforeAll(async () => {
    stage = await setStage((config) => {
      const [payments] = config.resources as unknown as { actions: Record<string, object> }[];
      Object.assign(payments?.actions['refund.create'] ?? {}, { say: 'Refund {amount} for order {order}' });
    });
    browser = await openBrowser();
    page = await browser.newPage({ viewport: { width: 1280, height: 800 } });
    page.setDefaultTimeout(8_000);
    await page.goto(stage.broker.slack.pageUrl);
    await page.locator('.who select').selectOption('U0002');
  });
  afterAll(async () => {
    await browser?.close();
    await stage?.close();
  });

  const heightOf = async (card: Locator): Promise<number> => (await card.boundingBox())?.height ?? Infinity;

  async function cardOf(order: string, calls: readonly string[]): Promise<Locator> {
    const authorization_details = calls.map(refund);
    const evidence = [{ title: 'Ticket', url: 'https://tickets.example/OPS-1' }];
    const words = { justification: 'The parcel never arrived; the customer asked for the money back.', evidence };
    const { id } = created(
      await stage.caller('support-bot').ask(refundAsk(order, { authorization_details, ...words })),
      202,
    );
    await stage.slack.card(id);
    const card = page.locator('article').filter({ hasText: `id ${id.slice(-8)}` });
    await card.waitFor();
    return card;
  }

  it('with one call is so short that a laptop shows its buttons and the agent’s words at once', async () => {
    const card = await cardOf('1', ['1']);
    expect(await heightOf(card)).toBeLessThanOrEqual(MOST.one);
    const approve = await card.getByRole('button', { name: 'Approve', exact: true }).boundingBox();
    const top = (await card.boundingBox())?.y ?? 0;
    expect((approve?.y ?? Infinity) + (approve?.height ?? 0) - top).toBeLessThanOrEqual(MOST.buttons);
  });

  it('with three calls shows each of them', async () => {
    const card = await cardOf('2', ['2a', '2b', '2c']);
    expect(await heightOf(card)).toBeLessThanOrEqual(MOST.three);
    for (const order of ['2a', '2b', '2c']) await card.getByText(`identifier: order/${order}`).first().waitFor();
  });

  it('asks with the exact call before it approves, and is its outcome afterwards', async () => {
    const card = await cardOf('3', ['3']);
    await card.getByRole('button', { name: 'Approve', exact: true }).click();
    const question = card.getByRole('dialog');
    for (const part of ['Refund 4000 for order 3', 'identifier: order/3', 'amount 4000'])
      expect(await question.innerText()).toContain(part);
    await question.getByRole('button', { name: 'Approve' }).click();
    await card.getByText('Approved · HIGH').waitFor();
    expect(await heightOf(card)).toBeLessThanOrEqual(MOST.decided);
    const link = card.getByRole('link', { name: 'Open in console' });
    expect(await link.getAttribute('href')).toContain(`${stage.broker.issuer}/escalations/esc_`);
  });
});
