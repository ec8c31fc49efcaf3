import { afterAll, beforeAll, expect, it } from '@jest/globals';
import type { Browser } from 'playwright-core';
import { readAsk, refundAsk } from '../harness/actors/agent.js';
import { applyConfig } from '../harness/world/apply.js';
import { describeInBrowser, openBrowser, Visitor, LOOKS } from '../harness/actors/browser.js';
import { setStage, type Stage } from '../harness/world/stage.js';
import { asSuperuser } from '../harness/world/superuser.js';
import { until } from '../harness/judges/until.js';
import { BASE_POLICIES } from '../harness/world/world.js';

const TIGHTER = BASE_POLICIES.replace('@max_ttl("600")', '@max_ttl("60")').replace(/@id\("notes"\)[^;]*;/, '');

describeInBrowser('the page of changes', () => {
  let stage: Stage;
  let browser: Browser;

  beforeAll(async () => {
    stage = await setStage();
    browser = await openBrowser();
    await stage.caller('support-bot').ask(readAsk());
    await stage.caller('support-bot').ask(refundAsk());
    await applyConfig(
      stage.world,
      (config) => {
        config.groups[1] = { ...config.groups[1], members: ['carol', 'dave', 'bob'] };
        config.limits.creates_per_minute = 4_000;
      },
      `${TIGHTER}
@id("night-refunds-stop") @reason("Nobody looks at night.")
forbid (principal in Writ::Group::"support", action == Writ::Action::"refund.create", resource == Writ::Resource::"https://payments.example")
when { context.hour_utc < 6 };
`,
    );
    await stage.caller('support-bot').ask(readAsk());
    await asSuperuser(
      stage.world,
      `insert into "config_versions" ("sha256", "catalog", "policies", "policy_version", "applied_by", "people", "mac")
       select 'sha256:forged', "catalog", "policies", "policy_version", 'person:alice', "people", "mac" from "config_versions" order by "seq" limit 1`,
      [],
    );
  }, 60_000);
  afterAll(async () => {
    await browser?.close();
    await stage?.close();
  });

  it.each(LOOKS)('says when, who, what, and what was asked under it, at %i pixels, %s', async (width, scheme) => {
    const erin = await Visitor.as('erin', stage, browser, { width, scheme });
    const { page } = erin;
    if (width < 820) await page.getByRole('button', { name: 'Menu' }).click();
    await page.getByRole('link', { name: 'Changes' }).click();
    await page.getByRole('heading', { level: 1, name: 'Changes' }).waitFor();
    await page.getByText('A configuration whose seal is wrong').waitFor();
    const newest = page.locator('details').first();
    await newest.getByText('1 policy changed, 1 policy added, 1 policy removed, 2 changes in writ.yaml').waitFor();
    await newest.getByText('1 asked under it: 1 allowed').waitFor();
    expect(await newest.locator('summary').innerText()).toMatch(/by olga\s+in force/);
    await newest.locator('summary').click();
    await until('the difference is there', async () => (await newest.locator('ins').count()) > 0);
    // The sign says it without the colour, and so does the element.
    expect(await newest.locator('del').first().innerText()).toBe('-@id("reads") @outcome("allow") @max_ttl("600")');
    expect(await newest.locator('ins').first().innerText()).toBe('+@id("reads") @outcome("allow") @max_ttl("60")');
    await newest.getByText('members.bob: added').waitFor();
    await newest.getByText(/\d{4}-\d\d-\d\d \d\d:\d\d:\d\d UTC/).waitFor();
    const first = page.locator('details').nth(1);
    await first.getByText('2 asked under it: 1 allowed, 1 put to people').waitFor();
    await first.locator('summary').click();
    await first.getByText('The first one').waitFor();
    expect([await erin.barriers(), await erin.fits()]).toEqual([[], true]);

    await first.getByRole('link', { name: /the whole set/ }).click();
    await page.getByRole('heading', { level: 1, name: 'Policies as they were' }).waitFor();
    await page.getByText('Other policies are in force now.').waitFor();
    await page.getByText('all.cedar').click();
    expect([await erin.barriers(), await erin.fits()]).toEqual([[], true]);
    await page.getByRole('link', { name: 'All changes' }).click();
    await page.getByRole('heading', { level: 1, name: 'Changes' }).waitFor();
    expect(erin.complaints).toEqual([]);
    await erin.leave();
  });
});
