import { cpSync, mkdtempSync, readFileSync, realpathSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { freePort } from '../harness/brokers/broker.js';
import { until } from '../harness/judges/until.js';
import { fencesOf } from './markdown.js';
import { flat, pattern, withoutOurs } from './shown.js';
import { Running, Terminal } from './terminal.js';

const PAGE_ORIGIN = 'http://localhost:3000';

describe('docs/agents.md', () => {
  it('shows the example as it is', () => {
    const agent = readFileSync('docs/examples/agent.mjs', 'utf8');
    const shown = fencesOf(readFileSync('docs/agents.md', 'utf8')).filter(({ language }) => language === 'js');
    expect(shown.length).toBeGreaterThan(3);
    expect(shown.filter(({ text }) => !agent.includes(text.trim()))).toEqual([]);
  });
});

describe('docs/agents.md, pasted into terminals by a stranger with a folder of their own', () => {
  const fences = fencesOf(readFileSync('docs/agents.md', 'utf8'));
  const above = mkdtempSync(join(realpathSync(tmpdir()), 'writ-agents-'));
  const opened: { stop(): Promise<void> }[] = [];
  let env: NodeJS.ProcessEnv;
  let origin: string;
  let terminal: Terminal;

  beforeAll(async () => {
    const port = await freePort();
    origin = `http://localhost:${port}`;
    env = {
      ...withoutOurs(process.env),
      WRIT_DATA_DIR: join(above, 'data'),
      WRIT_PORT: String(port),
      WRIT_ISSUER: origin,
    };
    // The files alone, out of the clone: what is copied must run where nothing is installed.
    cpSync('docs/examples', join(above, 'examples'), { recursive: true });
    terminal = new Terminal(env);
  });
  afterAll(async () => {
    await terminal?.close();
    for (const program of opened.reverse()) await program.stop();
    rmSync(above, { recursive: true, force: true });
  }, 30_000);

  it('begins with a folder that is in order, and a broker that runs with it', async () => {
    await paste(/writ init/);
    const broker = start(/npm start/);
    await broker.line(/^Writ is ready at (\S+)/m);
  }, 150_000);

  it('brings a new agent in, and explains its assertion as the page shows', async () => {
    const applied = await paste(/writ keygen/);
    expect(applied).toContain('refund-bot');
    const explained = await paste(/--explain/);
    const shown = fences[fences.findIndex(({ text }) => text.includes('--explain')) + 1];
    expect(flat(explained)).toMatch(pattern(shown, origin, PAGE_ORIGIN));
  }, 90_000);

  it('lets it ask, wait for a person, collect, call a resource server and complete', async () => {
    const server = start(/resource\.mjs/, { PORT: '0' });
    const [, refunds = ''] = await server.line(/^Refunds at (\S+), for https:\/\/payments\.example$/m);
    await terminal.paste(`export REFUNDS=${refunds}`);
    const [printed] = await Promise.all([paste(/agent\.mjs/), decide('approve')]);
    const shown = fences[fences.findIndex(({ text }) => text.includes('agent.mjs 8812')) + 1];
    expect(flat(printed)).toMatch(pattern(shown, origin, PAGE_ORIGIN));
    const { grant } = JSON.parse(printed) as { grant: string };
    const story = await terminal.paste(`npx writ grants show ${grant} --json`);
    expect(JSON.parse(story.output)).toMatchObject({
      grant: { status: 'completed', end_reason: 'done' },
      uses: [{ action: 'refund.create', identifier: 'order/8812' }],
    });
  }, 120_000);

  it('says honestly that people refused, and ends with 1', async () => {
    const command = withPlaces(blockOf(/agent\.mjs/));
    const [{ code, output, complaints }] = await Promise.all([terminal.paste(command), decide('deny')]);
    expect({ code, output }).toEqual({ code: 1, output: '' });
    expect(complaints).toContain('denied_by_approver: Not today. (next: ');
  }, 90_000);

  it('has a resource server that serves nobody without a token, and no other call than the granted one', async () => {
    const refunds = (await terminal.paste('echo "$REFUNDS"')).output.trim();
    const call = (token: string): Promise<Response> =>
      fetch(refunds, { method: 'POST', headers: { authorization: `Bearer ${token}` }, body: '{}' });
    expect((await call('a.b.c')).status).toBe(401);
    const command = withPlaces(blockOf(/agent\.mjs/));
    // The agent asks for 4000 and tries 4001: the file is changed where it makes the call.
    const greedy = `sed 's/body: JSON.stringify(args)/body: JSON.stringify({ ...args, amount: 4001 })/' ${above}/examples/agent.mjs > ${above}/examples/greedy.mjs`;
    await terminal.paste(greedy);
    const [{ code, complaints }] = await Promise.all([
      terminal.paste(command.replace('agent.mjs', 'greedy.mjs')),
      decide('approve'),
    ]);
    expect(code).toBe(1);
    expect(complaints).toContain('the refund was refused: 403 {"error":"digest_mismatch"}');
  }, 90_000);

  it('shows the one request that asks and collects, and what it answers', async () => {
    const printed = await paste(/grant_type=client_credentials/);
    const shown = fences[fences.findIndex(({ text }) => text.includes('grant_type=client_credentials')) + 1];
    expect(flat(printed)).toMatch(pattern(shown, origin, PAGE_ORIGIN));
  }, 30_000);

  function blockOf(wanted: RegExp): string {
    const block = fences.find(({ language, text }) => language === 'sh' && wanted.test(text));
    if (block === undefined) throw new Error(`the page has no command like ${wanted}`);
    return block.text;
  }

  /** The reader's own folder, port and copies. */
  function withPlaces(command: string): string {
    return command
      .replaceAll(PAGE_ORIGIN, origin)
      .replaceAll('../', `${above}/`)
      .replaceAll('docs/examples/', `${above}/examples/`);
  }

  async function paste(wanted: RegExp): Promise<string> {
    const { code, output, complaints } = await terminal.paste(withPlaces(blockOf(wanted)));
    expect({ code, output, complaints }).toMatchObject({ code: 0 });
    return output;
  }

  /** A program in a terminal of its own: the variables before it are its environment. */
  function start(wanted: RegExp, more: NodeJS.ProcessEnv = {}): Running {
    const words = withPlaces(blockOf(wanted)).trim().split(' ');
    const first = words.findIndex((word) => !/^\w+=/.test(word));
    const own = Object.fromEntries(words.slice(0, first).map((word) => word.split('=', 2)));
    const running = new Running(words.slice(first).join(' '), { ...env, ...own, ...more });
    opened.push(running);
    return running;
  }

  /** What bob does in the console when the next request comes. */
  async function decide(verdict: 'approve' | 'deny'): Promise<void> {
    const link = JSON.parse((await onTheSide('npx writ login-link bob --json')).output) as { code: string };
    const headers = { 'content-type': 'application/json', origin };
    const opened = await fetch(`${origin}/v1/sessions`, {
      method: 'POST',
      headers,
      body: JSON.stringify({ code: link.code }),
    });
    const cookie = (opened.headers.get('set-cookie') ?? '').split(';')[0] ?? '';
    const asked = await until(
      'a request in the inbox',
      async () => {
        const inbox = await fetch(`${origin}/v1/inbox`, { headers: { cookie } });
        return ((await inbox.json()) as { items: { id: string; digest: string }[] }).items[0];
      },
      60_000,
    );
    const body = JSON.stringify({
      verdict,
      digest: asked.digest,
      ...(verdict === 'deny' ? { reason: 'Not today.' } : {}),
    });
    const url = `${origin}/v1/escalations/${asked.id}/decisions`;
    expect((await fetch(url, { method: 'POST', headers: { ...headers, cookie }, body })).status).toBe(200);
  }

  async function onTheSide(command: string): Promise<{ output: string }> {
    const another = new Terminal(env);
    try {
      return await another.paste(command);
    } finally {
      await another.close();
    }
  }
});
