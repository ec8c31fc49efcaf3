// The console's part of `node tools/pictures.mjs`: its pages at two widths, light and dark, as Bob sees them.
import { join } from 'node:path';

const LOOKS = [1280, 390].flatMap((width) => ['light', 'dark'].map((scheme) => ({ width, scheme })));

/** What waits for Bob beside the refund, so that the inbox is not empty: body of `POST /v1/escalations` by agent. */
export const OTHER_ASKS = [
  [
    'support-bot',
    {
      resource: 'https://payments.example',
      authorization_details: [{ type: 'tool_call', actions: ['ledger.export'], arguments: { period: '2026-10' } }],
      max_uses: 1,
      task: { id: 'run-81', description: 'Monthly export for the auditors', ticket: 'FIN-204' },
    },
  ],
  [
    'deploy-bot',
    {
      resource: 'https://secrets.example',
      authorization_details: [{ type: 'tool_call', actions: ['secret.read'], arguments: { name: 'deploys/registry' } }],
      requested_ttl: 60,
      max_uses: 1,
      task: { id: 'deploy-12', description: 'Push the release image', ticket: 'REL-12' },
    },
  ],
];

/**
 * Takes them. @param loginLink answers a fresh one-time link for Bob
 * @param escalation the id of the request whose page is shown
 */
export async function takeConsolePictures({ browser, issuer, loginLink, escalation, folder }) {
  for (const { width, scheme } of LOOKS) {
    const context = await browser.newContext({ viewport: { width, height: 900 }, colorScheme: scheme });
    const page = await context.newPage();
    const take = (name) => page.screenshot({ path: join(folder, `console-${name}-${width}-${scheme}.png`) });
    await page.goto(loginLink());
    const refund = page.getByRole('link', { name: /Refund 40\.00 EUR/ });
    await refund.waitFor();
    await take('inbox');
    if (width === 1280) {
      await refund.click();
      await page.getByRole('heading', { name: 'Before this' }).waitFor();
      await page.getByRole('button', { name: 'Approve', exact: true }).waitFor();
      await take('deciding');
    }
    await page.goto(`${issuer}/escalations/${escalation}`);
    await page.getByRole('heading', { name: 'Before this' }).waitFor();
    await take('escalation');
    if (width === 1280) await takeMore(page, scheme, issuer, take);
    await context.close();
  }
}

async function takeMore(page, scheme, issuer, take) {
  if (scheme === 'light') {
    await page.getByRole('button', { name: 'Approve for less' }).click();
    await page.getByRole('dialog').getByLabel('Time in seconds').fill('120');
    return take('less');
  }
  await page.goto(`${issuer}/policies`);
  await page.getByText('3-people.cedar').click();
  return take('policies');
}
