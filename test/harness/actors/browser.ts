import { existsSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { delimiter, join } from 'node:path';
import { describe } from '@jest/globals';
import { chromium, type Browser, type BrowserContext, type Page } from 'playwright-core';
import { withSessions } from '../world/sealed.js';
import type { Stage } from '../world/stage.js';

const AXE = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');
const NAMES = ['chromium', 'chromium-browser', 'google-chrome', 'google-chrome-stable'];
const QUIET = ['--no-sandbox', '--disable-gpu', '--no-first-run', '--disable-background-networking', '--disable-sync'];

/** At which a page is looked at: wide and on a phone, light and dark. */
export const LOOKS = [
  [1280, 'light'],
  [1280, 'dark'],
  [390, 'light'],
  [390, 'dark'],
] as const;

/** The Chromium of this machine: `CHROMIUM_PATH`, or the first one on PATH; `null` when there is none. */
export function chromiumPath(): string | null {
  const named = process.env['CHROMIUM_PATH'];
  const folders = (process.env['PATH'] ?? '').split(delimiter);
  const found = folders.flatMap((folder) => NAMES.map((name) => join(folder, name)));
  return [...(named === undefined ? [] : [named]), ...found].find((path) => existsSync(path)) ?? null;
}

/** `describe`, where there is a Chromium; elsewhere it says in one line why the tests are skipped. */
export function describeInBrowser(name: string, tests: () => void): void {
  if (chromiumPath() !== null) return void describe(name, tests);
  process.stderr.write(`${name}: skipped, no Chromium on PATH and no CHROMIUM_PATH\n`);
  describe.skip(name, tests);
}

/** Starts Chromium, without a window. */
export function openBrowser(): Promise<Browser> {
  return chromium.launch({ executablePath: chromiumPath() ?? 'chromium', args: QUIET });
}

export interface Look {
  readonly width?: number;
  readonly scheme?: 'light' | 'dark';
}

/** Somebody at the console in a browser of their own. Whatever the page complains about is kept. */
export class Visitor {
  /** Errors on the browser's console, uncaught errors, violations of the content security policy. */
  readonly complaints: string[] = [];

  private constructor(
    private readonly stage: Stage,
    readonly context: BrowserContext,
    readonly page: Page,
  ) {
    page.on('pageerror', (error) => this.complaints.push(error.message));
    page.on('console', (message) => {
      if (message.type() === 'error') this.complaints.push(`${message.text()} (${message.location().url})`);
    });
  }

  /** A visitor without a session. */
  static async arrive(stage: Stage, browser: Browser, { width = 1280, scheme = 'light' }: Look = {}): Promise<Visitor> {
    const context = await browser.newContext({ viewport: { width, height: 900 }, colorScheme: scheme });
    context.setDefaultTimeout(8_000);
    return new Visitor(stage, context, await context.newPage());
  }

  /** A visitor who signed in as this person by a one-time link. */
  static async as(person: string, stage: Stage, browser: Browser, look: Look = {}): Promise<Visitor> {
    const visitor = await Visitor.arrive(stage, browser, look);
    await visitor.go(`/login#code=${await loginCode(stage, person)}`);
    await visitor.page
      .getByRole('heading', { level: 1, name: /^(Inbox|All live grants|Grants that you may end)/ })
      .waitFor();
    return visitor;
  }

  async go(path: string): Promise<void> {
    await this.page.goto(this.stage.broker.issuer + path);
  }

  /** What axe-core finds wrong with the page as it is now: rule and place of each. */
  async barriers(): Promise<string[]> {
    return this.page.evaluate(`${AXE};
      axe.run().then(({ violations }) =>
        violations.flatMap(({ id, nodes }) => nodes.map(({ target }) => id + ' at ' + target.join(' '))))`);
  }

  /** True when nothing makes the page scroll sideways. */
  async fits(): Promise<boolean> {
    return this.page.evaluate('document.documentElement.scrollWidth <= window.innerWidth');
  }

  leave(): Promise<void> {
    return this.context.close();
  }
}

/** A one-time code for this person, as `npx writ login-link` makes it. */
export function loginCode(stage: Stage, person: string): Promise<string> {
  return withSessions(stage.world, (sessions) => sessions.issueLoginCode(person));
}

/** A code whose session may add a passkey, as `npx writ passkey-link` makes it. */
export function enrolmentCode(stage: Stage, person: string): Promise<string> {
  return withSessions(stage.world, (sessions) => sessions.issueEnrolmentCode(person));
}

/** An authenticator that knows its user and answers by itself (Chromium's own, by its DevTools protocol). */
export async function giveAuthenticator({ context, page }: Visitor): Promise<void> {
  const devtools = await context.newCDPSession(page);
  await devtools.send('WebAuthn.enable');
  await devtools.send('WebAuthn.addVirtualAuthenticator', {
    options: {
      protocol: 'ctap2',
      transport: 'internal',
      hasResidentKey: true,
      hasUserVerification: true,
      isUserVerified: true,
      automaticPresenceSimulation: true,
    },
  });
}
