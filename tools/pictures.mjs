// `node tools/pictures.mjs`: takes the pictures of docs/images again, after `npm start` has built. A broker of its own,
// one request asked with the sample agent, the local Slack in Chromium, before and after Bob's click.
import { spawn, spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { chromium } from 'playwright-core';

const ROOT = join(import.meta.dirname, '..');
const IMAGES = join(ROOT, 'docs', 'images');
const dataDir = mkdtempSync(join(tmpdir(), 'writ-pictures-'));
const env = { ...process.env, WRIT_DATA_DIR: dataDir, WRIT_PORT: '0', WRIT_LOG_LEVEL: 'error' };

const broker = spawn(process.execPath, ['tools/start.mjs', 'dist/apps/broker/src/main.js'], { cwd: ROOT, env });
let said = '';
broker.stdout.on('data', (chunk) => (said += chunk));
broker.stderr.pipe(process.stderr);

const told = async (pattern) => {
  for (let tries = 0; tries < 600; tries += 1) {
    const match = pattern.exec(said);
    if (match !== null) return match[1];
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  throw new Error(`the broker never said ${pattern}`);
};

try {
  const issuer = await told(/Writ is ready at (\S+)/);
  const page = await told(/Local Slack at (\S+)/);
  const assertion = spawnSync(process.execPath, ['tools/writ.mjs', 'assertion', 'support-bot'], {
    cwd: ROOT,
    env,
    encoding: 'utf8',
  });
  const asked = await fetch(`${issuer}/v1/escalations`, {
    method: 'POST',
    headers: { authorization: `Bearer ${assertion.stdout.trim()}`, 'content-type': 'application/json' },
    body: JSON.stringify({
      resource: 'https://payments.example',
      authorization_details: [
        {
          type: 'tool_call',
          actions: ['refund.create'],
          identifier: 'order/8812',
          arguments: { order: '8812', amount: 4000 },
        },
      ],
      max_uses: 1,
      task: { id: 'run-77', description: 'Refund order 8812', ticket: 'OPS-1' },
      justification: 'The parcel never arrived; the customer asked for the money back.',
      evidence: [{ title: 'Ticket', url: 'https://tickets.example/OPS-1' }],
    }),
  });
  if (asked.status !== 202) throw new Error(`the ask was answered ${asked.status}: ${await asked.text()}`);
  await takePictures(page);
} finally {
  broker.kill('SIGTERM');
  await new Promise((resolve) => broker.once('exit', resolve));
  rmSync(dataDir, { recursive: true, force: true });
}

async function takePictures(url) {
  const browser = await chromium.launch({
    executablePath: process.env.CHROMIUM_PATH ?? '/usr/bin/chromium',
    args: [
      '--no-sandbox',
      '--disable-gpu',
      '--disable-quic',
      '--no-first-run',
      '--disable-background-networking',
      '--disable-component-update',
      '--disable-sync',
    ],
  });
  try {
    for (const colorScheme of ['light', 'dark']) {
      for (const [width, height] of [
        [1280, 860],
        [390, 844],
      ]) {
        const page = await browser.newPage({ viewport: { width, height }, colorScheme });
        await page.goto(url);
        await page.getByRole('button', { name: 'Approve' }).waitFor();
        await page.screenshot({ path: join(IMAGES, `local-slack-${width}-${colorScheme}.png`) });
        await page.close();
      }
    }
    const page = await browser.newPage({ viewport: { width: 1280, height: 1000 }, colorScheme: 'light' });
    await page.goto(url);
    const card = page.locator('article, .message').first();
    await page.getByRole('button', { name: 'Approve' }).waitFor();
    await card.screenshot({ path: join(IMAGES, 'card-pending.png') });
    await page.getByRole('button', { name: 'Approve' }).click();
    await page.getByRole('dialog').getByRole('button', { name: 'Approve' }).click();
    await page.getByText('Approved · HIGH').waitFor();
    await card.screenshot({ path: join(IMAGES, 'card-approved.png') });
  } finally {
    await browser.close();
  }
}
