import { mkdtempSync, readFileSync, realpathSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { freePort } from '../harness/brokers/broker.js';
import { until } from '../harness/judges/until.js';
import { fencesOf } from './markdown.js';
import { flat, pattern, withoutOurs } from './shown.js';
import { Running, Terminal } from './terminal.js';

const START = 'npm start';
/** What this test cannot run inside itself: it would run this test. */
const ELSEWHERE = ['npm test'];
const README_ORIGIN = 'http://localhost:3000';

describe('README.md, pasted line by line into a terminal', () => {
  const fences = fencesOf(readFileSync('README.md', 'utf8'));
  const dataDir = mkdtempSync(join(realpathSync(tmpdir()), 'writ-readme-'));
  let origin: string;
  let terminal: Terminal;
  let broker: Running;

  beforeAll(async () => {
    const port = await freePort();
    origin = `http://localhost:${port}`;
    const env = { ...withoutOurs(process.env), WRIT_DATA_DIR: dataDir, WRIT_PORT: String(port) };
    broker = new Running(START, env);
    terminal = new Terminal(env);
    await broker.line(/^Writ is ready at (\S+)/m);
  }, 150_000);

  afterAll(async () => {
    await terminal?.close();
    await broker?.stop();
    rmSync(dataDir, { recursive: true, force: true });
  }, 30_000);

  it('begins by starting the broker, which prints what the text says', async () => {
    const [start, printed] = fences.filter(({ language }) => language !== 'mermaid');
    expect(start).toEqual({ language: 'sh', text: `${START}\n` });
    await broker.line(/^Next: /m);
    expect(flat(broker.printed)).toMatch(pattern(printed, origin, README_ORIGIN));
  });

  it('tells the loop: every command works and answers what is shown beneath it', async () => {
    for (const [index, fence] of fences.entries()) {
      const command = fence.text.trim();
      if (fence.language !== 'sh' || command === START || ELSEWHERE.includes(command)) continue;
      if (command.includes('=$(collect)')) await approveAsBob();
      const { code, output, complaints } = await terminal.paste(fence.text.replaceAll(README_ORIGIN, origin));
      expect({ command, code, output, complaints }).toMatchObject({ code: 0 });
      const shown = fences[index + 1];
      if (shown?.language === 'text') expect(flat(output)).toMatch(pattern(shown, origin, README_ORIGIN));
    }
  }, 300_000);

  /** The click that the text asks the reader for, by the local Slack's driver. */
  async function approveAsBob(): Promise<void> {
    const [, base = '', token = ''] = await broker.line(/^Local Slack at (\S+)\/\?token=(\S+)$/m);
    const headers = { 'x-dev-token': token, 'content-type': 'application/json' };
    const card = await until('a card with buttons', async () => {
      const { messages } = (await (await fetch(`${base}/_dev/messages`, { headers })).json()) as {
        messages: { ts: string; blocks?: unknown }[];
      };
      return messages.find((message) => JSON.stringify(message).includes('writ_approve'));
    });
    const click = JSON.stringify({ user: 'U0002', ts: card.ts, action_id: 'writ_approve' });
    expect((await fetch(`${base}/_dev/click`, { method: 'POST', headers, body: click })).status).toBe(200);
    await until('the decision', async () => {
      const { messages } = (await (await fetch(`${base}/_dev/messages`, { headers })).json()) as {
        messages: { ts: string }[];
      };
      return JSON.stringify(messages.find((message) => message.ts === card.ts)).includes('Approved');
    });
  }
});
