// `node tools/pictures.mjs`: takes the pictures of docs/images again, after `npm start` has built. A broker of its own,
// requests asked with the sample agents, the console and the local Slack in Chromium, before and after Bob's click.
import { spawn, spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { chromium } from 'playwright-core';
import { OTHER_ASKS, takeConsolePictures } from './console-pictures.mjs';
import { copySample, READS, takeOversightPictures, tighten } from './oversight-pictures.mjs';

const ROOT = join(import.meta.dirname, '..');
const IMAGES = join(ROOT, 'docs', 'images');
const dataDir = mkdtempSync(join(tmpdir(), 'writ-pictures-'));
const configDir = join(dataDir, 'config');
copySample(ROOT, configDir);
const env = { ...process.env, WRIT_CONFIG: configDir, WRIT_DATA_DIR: dataDir, WRIT_PORT: '0', WRIT_LOG_LEVEL: 'error' };

const REFUND = {
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
};

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
  const { id } = await ask(issuer, 'support-bot', REFUND);
  const browser = await openBrowser();
  try {
    await takeSlackPictures(browser, page);
    await takeFormPictures(browser, page);
    for (const [agent, body] of OTHER_ASKS) await ask(issuer, agent, body);
    const linkOf = (person) => () => JSON.parse(writ('login-link', person, '--json')).url;
    await takeConsolePictures({ browser, issuer, loginLink: linkOf('bob'), escalation: id, folder: IMAGES });
    await takeCardPictures(browser, page);
    for (const [agent, body] of READS) await ask(issuer, agent, body);
    tighten(configDir);
    writ('apply');
    await takeOversightPictures({ browser, issuer, loginLink: linkOf('alice'), folder: IMAGES });
  } finally {
    await browser.close();
  }
} finally {
  broker.kill('SIGTERM');
  await new Promise((resolve) => broker.once('exit', resolve));
  rmSync(dataDir, { recursive: true, force: true });
}

/** Runs `npx writ …` beside this broker and answers what it printed. */
function writ(...args) {
  return spawnSync(process.execPath, ['tools/writ.mjs', ...args], { cwd: ROOT, env, encoding: 'utf8' }).stdout.trim();
}

async function ask(issuer, agent, body) {
  const asked = await fetch(`${issuer}/v1/escalations`, {
    method: 'POST',
    headers: { authorization: `Bearer ${writ('assertion', agent)}`, 'content-type': 'application/json' },
    body: JSON.stringify(body),
  });
  if (asked.status !== 201 && asked.status !== 202)
    throw new Error(`the ask was answered ${asked.status}: ${await asked.text()}`);
  return asked.json();
}

function openBrowser() {
  return chromium.launch({
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
}

async function takeSlackPictures(browser, url) {
  for (const colorScheme of ['light', 'dark']) {
    for (const [width, height] of [
      [1280, 860],
      [390, 844],
    ]) {
      const page = await browser.newPage({ viewport: { width, height }, colorScheme });
      await page.goto(url);
      await page.getByRole('button', { name: 'Approve' }).first().waitFor();
      await page.screenshot({ path: join(IMAGES, `local-slack-${width}-${colorScheme}.png`) });
      await page.close();
    }
  }
}

/** The form to approve for less, wide and narrow. */
async function takeFormPictures(browser, url) {
  for (const [width, height, colorScheme] of [
    [1280, 860, 'light'],
    [390, 844, 'dark'],
  ]) {
    const page = await browser.newPage({ viewport: { width, height }, colorScheme });
    await page.goto(url);
    await page.getByRole('button', { name: 'Approve for less' }).first().click();
    await page.getByRole('dialog').getByText('Call 1').waitFor();
    await page.screenshot({ path: join(IMAGES, `limits-form-${width}-${colorScheme}.png`) });
    await page.getByRole('dialog').getByRole('button', { name: 'Back' }).click();
    await page.getByRole('dialog').waitFor({ state: 'hidden' });
    await page.close();
  }
}

/** The refund's card before and after the click, on a screen that is high enough for all of it. */
async function takeCardPictures(browser, url) {
  const page = await browser.newPage({ viewport: { width: 1280, height: 2400 }, colorScheme: 'light' });
  await page.goto(url);
  const asked = page.locator('article').filter({ hasText: 'refund.create' }).first();
  const [, id] = /id ([0-9A-Z]{8})/.exec(await asked.innerText());
  // A decided card names the sentence alone, so it is found again by its id.
  const card = page
    .locator('article')
    .filter({ hasText: `id ${id}` })
    .first();
  const approve = card.getByRole('button', { name: 'Approve', exact: true });
  await approve.waitFor();
  await pictureOf(card, 'card-pending.png');
  await approve.click();
  await page.getByRole('dialog').getByRole('button', { name: 'Approve' }).click();
  await page.getByText('Approved · HIGH').waitFor();
  await card.locator('.thread-link').waitFor();
  await pictureOf(card, 'card-approved.png');
  await card.locator('.thread-link').click();
  await page.setViewportSize({ width: 1280, height: 760 });
  await page.locator('.thread').waitFor();
  await page.screenshot({ path: join(IMAGES, 'card-thread.png') });
}

/** The page draws itself anew with each message; a picture that falls into that moment is taken again. */
async function pictureOf(element, name, tries = 5) {
  try {
    await element.screenshot({ path: join(IMAGES, name) });
  } catch (error) {
    if (tries <= 1 || !String(error).includes('not attached')) throw error;
    await pictureOf(element, name, tries - 1);
  }
}
