import { afterAll, beforeAll, expect, it } from '@jest/globals';
import type { Browser } from 'playwright-core';
import { refundAsk } from '../harness/actors/agent.js';
import {
  describeInBrowser,
  enrolmentCode,
  giveAuthenticator,
  openBrowser,
  Visitor,
} from '../harness/actors/browser.js';
import { created, setStage, type Stage } from '../harness/world/stage.js';
import { BASE_POLICIES } from '../harness/world/world.js';

const SIGNED = BASE_POLICIES.replace('@id("refunds")', '@id("refunds") @step_up("webauthn")');

describeInBrowser('passkeys in the console', () => {
  let stage: Stage;
  let browser: Browser;
  let bob: Visitor;

  beforeAll(async () => {
    stage = await setStage(() => undefined, { policies: SIGNED });
    browser = await openBrowser();
    bob = await Visitor.arrive(stage, browser);
    await giveAuthenticator(bob);
  });
  afterAll(async () => {
    await browser?.close();
    await stage?.close();
  });

  const ask = async (order: string): Promise<{ id: string; digest: string }> =>
    created(await stage.caller('support-bot').ask(refundAsk(order)), 202);

  // eslint-disable-next-line @typescript-eslint/no-explicit-any -- whatever the wire says
  const now = async (id: string): Promise<any> => (await stage.caller('support-bot').get(`/v1/escalations/${id}`)).body;

  it('are not added in a session that a login link opened', async () => {
    const carol = await Visitor.as('carol', stage, browser);
    await giveAuthenticator(carol);
    await carol.go('/account');
    await carol.page.getByLabel('Name of a new passkey').fill('Laptop');
    await carol.page.getByRole('button', { name: 'Add a passkey' }).click();
    await carol.page.getByRole('region', { name: 'Passkeys' }).getByRole('alert').waitFor();
    await carol.page.getByText('You have none yet.').waitFor();
    await carol.leave();
  });

  it('are added in one that an enrolment link opened, which leads straight to them', async () => {
    await bob.go(`/login#code=${await enrolmentCode(stage, 'bob')}`);
    await bob.page.getByRole('heading', { level: 1, name: 'Account' }).waitFor();
    await bob.page.getByLabel('Name of a new passkey').fill('Laptop');
    await bob.page.getByRole('button', { name: 'Add a passkey' }).click();
    await bob.page.getByRole('cell', { name: 'Laptop', exact: true }).waitFor();
    expect(bob.complaints).toEqual([]);
  });

  it('sign exactly the approval that policy wants signed', async () => {
    const { id } = await ask('1');
    await bob.go(`/escalations/${id}`);
    await bob.page.getByText('Passkey needed to approve').waitFor();
    await bob.page.getByRole('button', { name: 'Approve with passkey' }).click();
    await bob.page.getByRole('dialog').getByRole('button', { name: 'Approve with passkey' }).click();
    await bob.page.getByText('Approved.', { exact: true }).waitFor();
    await bob.page.getByText('signed by passkey').waitFor();
    expect(await now(id)).toMatchObject({ status: 'approved' });
    expect(bob.complaints).toEqual([]);
  });

  it('sign an approval for less as well', async () => {
    const { id } = await ask('2');
    await bob.go(`/escalations/${id}`);
    await bob.page.getByRole('button', { name: 'Approve for less' }).click();
    const dialog = bob.page.getByRole('dialog');
    await dialog.getByLabel('Time in seconds').fill('30');
    await dialog.getByRole('button', { name: 'Approve with passkey' }).click();
    await bob.page.getByText('Approved.', { exact: true }).waitFor();
    expect((await now(id)).granted).toMatchObject({ ttl: 30 });
  });

  it('are not needed to deny', async () => {
    const { id } = await ask('3');
    await bob.go(`/escalations/${id}`);
    await bob.page.getByRole('button', { name: 'Deny' }).click();
    const dialog = bob.page.getByRole('dialog');
    await dialog.getByRole('textbox', { name: 'Reason' }).fill('No.');
    await dialog.getByRole('button', { name: 'Deny' }).click();
    await bob.page.getByText('Denied.', { exact: true }).waitFor();
  });

  it('decide nothing for somebody who has none, who is told where to get one', async () => {
    const { id } = await ask('4');
    const carol = await Visitor.as('carol', stage, browser);
    await carol.go(`/escalations/${id}`);
    await carol.page.getByRole('button', { name: 'Approve with passkey' }).click();
    const dialog = carol.page.getByRole('dialog');
    await dialog.getByRole('link', { name: 'Account' }).waitFor();
    await dialog.getByRole('button', { name: 'Approve with passkey' }).click();
    await dialog.getByRole('alert').waitFor();
    expect(await now(id)).toMatchObject({ status: 'pending' });
    await carol.leave();
  });

  it('are removed by their person', async () => {
    await bob.go('/account');
    await bob.page.getByRole('button', { name: 'Remove Laptop' }).click();
    await bob.page.getByText('You have none yet.').waitFor();
  });
});
