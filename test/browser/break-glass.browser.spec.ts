import { afterAll, beforeAll, expect, it } from '@jest/globals';
import type { Browser } from 'playwright-core';
import { describeInBrowser, openBrowser, Visitor } from '../harness/browser.js';
import { created, setStage, type Stage } from '../harness/stage.js';
import { BASE_POLICIES } from '../harness/world.js';

const EMERGENCY = `${BASE_POLICIES}
@id("quick-emergency") @outcome("allow") @max_ttl("100")
permit (principal in Writ::Group::"support", action == Writ::Action::"quick.ask", resource) when { context.break_glass };
`.replace('"quick.ask", resource);', '"quick.ask", resource) unless { context.break_glass };');

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
    const asked = await stage.caller('support-bot').ask({
      resource: 'https://payments.example',
      authorization_details: [{ type: 'tool_call', actions: ['quick.ask'] }],
      task: { id: 'run-1' },
      break_glass: true,
      justification: 'Payments are down since noon.',
    });
    const { id } = created(asked, 201);
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
});
