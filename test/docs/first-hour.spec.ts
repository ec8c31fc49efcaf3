import { spawn, type ChildProcess } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import pg from 'pg';
import { COMMANDS } from '../../apps/cli/src/commands.js';
import { writ, type Session } from '../../apps/cli/src/testing/terminal.js';
import { answer, Caller, refundAsk } from '../harness/actors/agent.js';
import { freePort } from '../harness/brokers/broker.js';
import { startPeopleProvider, type PeopleProvider } from '../harness/actors/people-provider.js';
import { until } from '../harness/judges/until.js';
import { Wanderer } from '../harness/actors/wanderer.js';
import { makeWorld, type Config, type World } from '../harness/world/world.js';

const document = readFileSync('docs/operations.md', 'utf8');
const [, hour = ''] = /^## The first production hour\n([\s\S]+?)^## /m.exec(document) ?? [];

/** The statements of step 1, a line each. */
const sql = (/```sql\n([\s\S]+?)```/.exec(hour)?.[1] ?? '').trim().split(/\n\s*/);
const server = process.env['WRIT_TEST_SERVER_URL'] ?? '';
const suffix = `_hour_${process.pid}`;

function roleUrl(role: string): string {
  const url = new URL(server);
  Object.assign(url, { username: role + suffix, password: 'pa55word', pathname: `/writ${suffix}` });
  return url.href;
}
async function asAdmin(statements: readonly string[]): Promise<void> {
  const client = new pg.Client({ connectionString: server });
  await client.connect();
  for (const statement of statements) await client.query(statement);
  await client.end();
}

let world: World;
let provider: PeopleProvider;
let issuer = '';
let secret = '';
let env: Record<string, string> = {};
let broker: ChildProcess | null = null;
const said = { stdout: '', stderr: '' };

beforeAll(async () => {
  const generated = await writ(['secret-hash', '--generate']);
  secret = /^secret: (\S+)$/m.exec(generated.out)?.[1] ?? '';
  const hash = /secret_hash: "([^"]+)"/.exec(generated.out)?.[1] ?? '';
  const prometheus = { id: 'prometheus', roles: ['operator'], auth: { secret_hash: hash } };
  world = await makeWorld((config) => void config.clients.push(prometheus));
  const port = await freePort();
  issuer = `http://localhost:${port}`;
  provider = await startPeopleProvider(`${issuer}/auth/callback`);
  env = {
    WRIT_ISSUER: issuer,
    WRIT_PORT: String(port),
    WRIT_TRUSTED_PROXIES: '10.0.0.0/8',
    WRIT_OIDC_ISSUER: provider.issuer,
    WRIT_OIDC_CLIENT_ID: provider.clientId,
    WRIT_OIDC_CLIENT_SECRET: provider.clientSecret,
    WRIT_MASTER_KEY: world.masterKey,
    WRIT_CONFIG: world.configDir,
    WRIT_DATA_DIR: world.configDir,
    WRIT_DRAIN_SECONDS: '0',
    DATABASE_URL: roleUrl('writ_app'),
  };
  change = (edit) =>
    world.writeConfig((config) => {
      config.clients.push(prometheus);
      edit(config);
    });
}, 60_000);
afterAll(async () => {
  broker?.kill('SIGTERM');
  if (broker?.exitCode === null) await new Promise((resolve) => broker?.once('exit', resolve));
  await provider.close();
  await asAdmin([
    `drop database if exists writ${suffix} with (force)`,
    `drop role writ_app${suffix}`,
    `drop role writ_owner${suffix}`,
  ]);
  await world.remove();
}, 60_000);

let change: (edit: (config: Config) => void) => void = () => undefined;
const run = (...argv: string[]): Promise<Session> => writ(argv, env);
const lines = (): Record<string, unknown>[] =>
  said.stderr
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as Record<string, unknown>);
const logged = (event: string): Promise<Record<string, unknown>> =>
  until(`the line ${event}`, async () => lines().find((line) => line['event'] === event));

/** A browser that comes back from the provider as this subject; with what it was shown at last. */
async function signIn(subject: string): Promise<{ status: number; page: string; cookie: string }> {
  const browser = new Wanderer();
  provider.next = subject;
  const { next } = await browser.follow(`${issuer}/auth/login`, (url) => url.startsWith(`${issuer}/auth/callback`));
  const back = await browser.get(next ?? '');
  return { status: back.status, page: await back.text(), cookie: browser.cookieFor(issuer) };
}

describe('the first production hour, followed top to bottom', () => {
  it('1: makes the roles by the statements of the composition', async () => {
    const [, composed = ''] = /<<'SQL'\n([\s\S]+?)\nSQL\n/.exec(readFileSync('deploy/compose/roles.sh', 'utf8')) ?? [];
    expect(sql).toEqual(composed.replace(/:'\w+'/g, "'…'").split('\n'));
    const own = (statement: string): string =>
      statement.replace('…', 'pa55word').replace(/\bwrit(_owner|_app)?\b/g, (name) => name + suffix);
    await asAdmin(sql.map(own));
    for (const role of ['writ_app', 'writ_owner']) {
      const client = new pg.Client({ connectionString: roleUrl(role) });
      await client.connect();
      expect((await client.query('select 1 as "one"')).rows).toEqual([{ one: 1 }]);
      await client.end();
    }
  });

  it('4: checks the folder', async () => {
    expect((await run('policy', 'check', '--config', world.configDir)).out).toMatch(
      / is in order: \d+ policies over 2 resources/,
    );
  });

  it('5: makes the tables, with a line for each migration and none the second time', async () => {
    const both = { ...env, WRIT_MIGRATE_DATABASE_URL: roleUrl('writ_owner') };
    const first = await writ(['migrate'], both);
    expect([first.exit, first.out + first.remarks]).toEqual([0, expect.stringMatching(/Applied migration \d+_loop/)]);
    const second = await writ(['migrate'], both);
    expect([second.exit, second.out + second.remarks]).toEqual([0, expect.not.stringContaining('Applied')]);
  }, 60_000);

  it('6: starts, says where, applies the folder and is ready', async () => {
    broker = spawn(process.execPath, ['tools/start.mjs', 'dist/apps/broker/src/main.js'], {
      env: { PATH: process.env['PATH'], HOME: process.env['HOME'], ...env },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    for (const name of ['stdout', 'stderr'] as const)
      broker[name]?.on('data', (bytes: Buffer) => (said[name] += bytes.toString()));
    await until('it is ready', async () => said.stdout.includes('Writ is ready'), 60_000);
    expect(said.stdout).toMatch(new RegExp(`^Writ is ready at ${issuer} \\(listening on 127\\.0\\.0\\.1:\\d+`, 'm'));
    // What is for a clone and for who tries Writ out is not said to who runs it.
    for (const stray of ['npm run demo', 'Slack is off', 'Next:']) expect(said.stdout).not.toContain(stray);
    expect(await logged('config.applied')).toMatchObject({ actor: 'system:writ', level: 'info' });
    expect(lines().filter(({ message }) => /Slack is off/.test(String(message)))).toEqual([
      expect.objectContaining({ message: expect.stringContaining('People decide in the console and over REST.') }),
    ]);
    expect(await answer(await fetch(`${issuer}/readyz`))).toMatchObject({ status: 200, body: { status: 'ok' } });
  }, 90_000);

  it('7: tells the first operator their subject, which the folder then binds', async () => {
    const unbound = await signIn('248289761001');
    expect(unbound.page).toMatch(
      /You signed in at .* as “248289761001”, and no person of this broker is bound to that/,
    );
    expect(await logged('session.refused')).toMatchObject({ subject: '248289761001' });
    change((config) => {
      const subjects: Record<string, string> = { olga: '248289761001', bob: '248289761002' };
      for (const person of config.people)
        if (subjects[person.id] !== undefined) Object.assign(person, { oidc: { subject: subjects[person.id] } });
    });
    expect((await run('apply', '--dry-run')).out).toMatch(
      /^person changed bob\nperson changed olga\n[^]*would stop none of 0/,
    );
    const applied = await run('apply');
    expect(applied.out).toBe('person changed bob\nperson changed olga');
    expect(applied.remarks).toMatch(/^In force: .*, policies sha256:[0-9a-f]{64}$/);
    expect(await until('the console opens', async () => (await signIn('248289761001')).status === 302)).toBe(true);
  }, 60_000);

  it('9: has a doctor who finds nothing wrong', async () => {
    const { exit, out } = await run('doctor');
    expect(out.split('\n').filter((line) => line.startsWith('PROBLEM'))).toEqual([]);
    expect(exit).toBe(0);
  });

  it('10: shows its figures to the scraper', async () => {
    const basic = Buffer.from(`prometheus:${secret}`).toString('base64');
    const page = await fetch(`${issuer}/metrics`, { headers: { authorization: `Basic ${basic}` } });
    expect(await page.text()).toContain('writ_database_figures_up 1');
  });

  it('11: takes the first request, which a person approves, with a line for each step', async () => {
    const asked = await new Caller(world, issuer, 'support-bot').ask(refundAsk());
    expect([asked.status, asked.body.digest]).toEqual([202, expect.any(String)]);
    const { cookie } = await signIn('248289761002');
    const headers = { cookie, 'content-type': 'application/json' };
    const { items } = (await answer(await fetch(`${issuer}/v1/inbox`, { headers }))).body as {
      items: { id: string }[];
    };
    expect(items.map(({ id }) => id)).toContain(asked.body.id);
    const decided = await fetch(`${issuer}/v1/escalations/${String(asked.body.id)}/decisions`, {
      method: 'POST',
      headers,
      body: JSON.stringify({ verdict: 'approve', digest: asked.body.digest }),
    });
    expect(decided.status).toBe(200);
    expect(await logged('vote.recorded')).toMatchObject({ actor: 'person:bob', escalation: asked.body.id });
    expect(await logged('escalation.approved')).toMatchObject({ approvers: ['bob'] });
  }, 60_000);
});

describe('what the hour names', () => {
  it('is commands that there are', () => {
    const named = [...hour.matchAll(/(?:^\s*|`)writ ([a-z][a-z -]*[a-z])/gm)].map(([, words = '']) => words);
    expect(named.length).toBeGreaterThan(5);
    const known = named.filter((words) => COMMANDS.some(({ name }) => words === name || words.startsWith(`${name} `)));
    expect(named).toEqual(known);
  });

  it('is an alert that there is, which is about the absence of figures', () => {
    const alerts = readFileSync('deploy/prometheus/alerts.yaml', 'utf8');
    expect(alerts).toMatch(/alert: WritDown\n\s+expr: absent\(writ_database_figures_up\)\n\s+for: 2m/);
  });
});
