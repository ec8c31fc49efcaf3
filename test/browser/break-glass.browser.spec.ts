import { afterAll, beforeAll, expect, it } from '@jest/globals';
import type { Browser } from 'playwright-core';
import { describeInBrowser, openBrowser, Visitor } from '../harness/actors/browser.js';
import { created, setStage, type Stage } from '../harness/world/stage.js';
import { BASE_POLICIES } from '../harness/world/world.js';

const EMERGENCY = `${BASE_POLICIES}
@id("quick-emergency") @outcome("allow") @max_ttl("100")
permit (principal in Writ::Group::"support", action == Writ::Action::"quick.ask", resource) when { context.break_glass };
`.replace('"quick.ask", resource);', '"quick.ask", resource) unless { context.break_glass };');

const asked = (justification: string): Record<string, unknown> => ({
  resource: 'https://payments.example',
  authorization_details: [{ type: 'tool_call', actions: ['quick.ask'] }],
  task: { id: 'run-1' },
  break_glass: true,
  justification,
});

describeInBrowser('break-glass in the console', () => {
  let stage: Stage;
  let browser: Browser;

  beforeAll(async () => {
    stage = await setStage(() => undefined, { policies: EMERGENCY });
    browser = await openBrowser();
  });
  afterAll(async () => {
    await browser?.close();
    await stage?.close();
  });

  it('stands among the insights until an operator has reviewed it, with a note that stays', async () => {
    const { id } = created(await stage.caller('support-bot').ask(asked('Payments are down since noon.')), 201);
    const olga = await Visitor.as('olga', stage, browser);
    await olga.go('/insights');
    const debts = olga.page.getByRole('region', { name: 'Break-glass to review' });
    await debts.getByText('Payments are down since noon.').waitFor();
    expect(await olga.barriers()).toEqual([]);
    await debts.getByLabel('Review note').fill('Real outage, seen in the logs.');
    await debts.getByRole('button', { name: 'Mark as reviewed' }).click();
    await debts.getByText('None. Every use of break-glass has been looked at.').waitFor();
    await olga.go(`/escalations/${id}`);
    await olga.page.getByText('Reviewed by olga').waitFor();
    expect(await olga.barriers()).toEqual([]);
    expect(olga.complaints).toEqual([]);
    await olga.leave();
  });

  it('says that more of it waits than is shown, and shows it', async () => {
    created(await stage.caller('support-bot').ask(asked('Payments are down again.')), 201);
    created(await stage.caller('rival-bot').ask(asked('Payments are down here too.')), 201);
    const olga = await Visitor.as('olga', stage, browser);
    await olga.page.route(/break-glass\?.*limit=50/, (route) =>
      route.continue({ url: route.request().url().replace('limit=50', 'limit=1') }),
    );
    await olga.go('/insights');
    const debts = olga.page.getByRole('region', { name: 'Break-glass to review (1+)' });
    await debts.getByText('Payments are down here too.').waitFor();
    expect(await debts.getByText('Payments are down again.').count()).toBe(0);
    await debts.getByRole('button', { name: 'Show more' }).click();
    await olga.page.getByText('Payments are down again.').waitFor();
    await olga.page.getByRole('region', { name: 'Break-glass to review', exact: true }).waitFor();
    await olga.leave();
  });
});
