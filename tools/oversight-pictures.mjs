// The part of `node tools/pictures.mjs` that shows what operators see: live grants, an agent, what changed in policy.
import { cpSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

/** What policy allows at once, so that there is live authority: agent and body of `POST /v1/escalations`. */
export const READS = [
  ['support-bot', readOf('https://payments.example', 'payment.read', 'look-1')],
  ['support-bot', readOf('https://payments.example', 'payment.read', 'look-2')],
  ['deploy-bot', readOf('https://deploys.example', 'deploy.read', 'look-3')],
];

function readOf(resource, action, task) {
  return {
    resource,
    authorization_details: [{ type: 'tool_call', actions: [action] }],
    requested_ttl: 300,
    task: { id: task },
  };
}

/** Copies the sample configuration to a folder whose policies can be changed. */
export function copySample(root, folder) {
  cpSync(join(root, 'config', 'sample'), folder, { recursive: true });
}

/** A smaller cap, as somebody would edit it. */
export function tighten(folder) {
  const file = join(folder, 'policies', '1-reads.cedar');
  writeFileSync(file, readFileSync(file, 'utf8').replaceAll('granted_last_hour < 30', 'granted_last_hour < 20'));
}

/** Takes them, as Alice. @param loginLink answers a fresh one-time link for her */
export async function takeOversightPictures({ browser, issuer, loginLink, folder }) {
  for (const [width, scheme] of [
    [1280, 'light'],
    [390, 'dark'],
  ]) {
    const context = await browser.newContext({ viewport: { width, height: 900 }, colorScheme: scheme });
    const page = await context.newPage();
    await page.goto(loginLink());
    await page.getByRole('heading', { level: 1 }).waitFor();
    for (const [name, path, shown] of [
      ['grants', '/grants?status=ready', 'Revoke'],
      ['agent', '/agents/support-bot', 'payment.read'],
      ['changes', '/policies/changes', 'granted_last_hour'],
    ]) {
      await page.goto(`${issuer}${path}`);
      if (name === 'changes') await page.locator('details.change > summary').first().click();
      await page.getByText(shown).first().waitFor();
      await page.screenshot({ path: join(folder, `console-${name}-${width}-${scheme}.png`) });
    }
    await context.close();
  }
}
