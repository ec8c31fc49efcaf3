import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PassThrough } from 'node:stream';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { readCatalog } from '#platform/config/catalog/writ-yaml.js';
import { runCli } from '../../cli.js';
import { lineAsker } from '../../line-prompt.js';
import { readEnvironment } from '#platform/config/environment/environment.js';
import { writ, type Session } from '../../testing/terminal.js';

let above: string;
const env = (): NodeJS.ProcessEnv => ({ WRIT_DATA_DIR: join(above, 'data') });
const run = (...argv: string[]): Promise<Session> => writ(argv, env(), '', above);

beforeEach(() => {
  above = mkdtempSync(join(tmpdir(), 'writ-init-'));
});
afterEach(() => rmSync(above, { recursive: true, force: true }));

describe('init, unattended', () => {
  it('writes a folder that check and test find in order, in the end and when they are asked again', async () => {
    const { exit, out } = await run('init', 'mine', '--yes');
    expect({ exit, out }).toEqual({ exit: 0, out: expect.stringMatching(/mine is in order[\s\S]*all passed$/) });
    const checked = await run('policy', 'check', '--config', 'mine');
    expect(checked).toMatchObject({ exit: 0, remarks: '' });
    const tested = await run('policy', 'test', '--config', 'mine');
    // A remark would name policies that no case meets.
    expect(tested).toMatchObject({ exit: 0, remarks: '' });
  });

  it('makes the keys of the agent and the resource server, which git does not see', async () => {
    await run('init', 'mine', '--yes');
    for (const id of ['support-bot', 'payments-api'])
      expect(statSync(join(above, `mine/keys/${id}.key.json`)).mode & 0o777).toBe(0o600);
    expect(readFileSync(join(above, 'mine/.gitignore'), 'utf8')).toContain('*.key.json');
    const { catalog } = readCatalog(join(above, 'mine'), join(above, 'data'));
    expect(catalog.agents.map(({ auth }) => auth.kind)).toEqual(['jwks']);
  });

  it('makes none with --no-key: a start on the embedded database does', async () => {
    expect((await run('init', 'mine', '--yes', '--no-key')).exit).toBe(0);
    expect(readdirSync(join(above, 'mine'))).not.toContain('keys');
    expect((await run('policy', 'check', '--config', 'mine')).exit).toBe(0);
  });

  it.each<[string, string[]]>([
    ['low risk', ['--action', 'payment.read low']],
    ['low risk with arguments', ['--action', 'payments/read:all low id:string deep:boolean n:integer']],
    ['medium risk', ['--action', 'note.add medium text:string']],
    ['nobody in Slack', ['--slack', 'none']],
    ['a workspace', ['--slack', 'T0ABC C0DEF alice=U0A bob=U0B']],
    ['an owner who also approves others', ['--approvers', 'oncall: alice bob']],
    ['ids that look like numbers and words of YAML', ['--agent', '123 true', '--approvers', '7: null 1e3 no']],
    ['an address without a name', ['--resource', 'http://127.0.0.1:4000/api?x=1']],
    ['a name with signs', ['--resource', 'https://a.example The "best": # of {them}']],
    ['an argument with an odd name', ['--action', 'a high yes:string null:integer']],
  ])('writes such a folder for %s too', async (_what, answers) => {
    const session = await run('init', 'mine', '--yes', ...answers);
    expect(session).toMatchObject({ exit: 0, out: expect.stringContaining('all passed') });
    expect(session.remarks).not.toContain('No case met');
    const { catalog } = readCatalog(join(above, 'mine'), join(above, 'data'));
    expect(catalog.resources).toHaveLength(1);
  });

  it.each([
    ['--resource', 'payments', 'must be an absolute http(s) URI'],
    ['--agent', 'support-bot', 'must be two ids'],
    ['--agent', '_bot alice', 'must begin with a letter or digit'],
    ['--agent', 'alice alice', 'must be two'],
    ['--agent', 'payments-api alice', 'share one namespace'],
    ['--action', 'refund.create dire', 'the risk must be one of low, medium, high'],
    ['--action', 'refund.create high amount:number', 'the type one of string, integer, boolean'],
    ['--action', 'refund.create high a:string a:string', 'a name of its own'],
    ['--action', '.refund high', 'its name must begin with a letter or digit'],
    ['--approvers', 'bob', 'must be a group and its people'],
    ['--approvers', 'oncall: alice', 'must name somebody else than the owner'],
    ['--approvers', 'oncall: support-bot', 'an agent approves nothing'],
    ['--approvers', 'agents: bob', 'must not be called agents'],
    ['--slack', 'T0001 #oncall bob=U0001', 'must be a Slack channel id'],
    ['--slack', 'T0001 C0001 mallory=U0001', 'must name people of this folder'],
  ])('refuses %s %s by its rule, and writes nothing', async (option, answer, rule) => {
    const { exit, remarks } = await run('init', 'mine', '--yes', option, answer);
    expect(exit).toBe(1);
    expect(remarks).toContain(`${option}: `);
    expect(remarks).toContain(rule);
    expect(readdirSync(above)).not.toContain('mine');
  });

  it('refuses a folder that holds something, before it asks', async () => {
    mkdirSync(join(above, 'mine'));
    writeFileSync(join(above, 'mine/notes.txt'), '');
    expect(await run('init', 'mine', '--yes')).toMatchObject({
      exit: 1,
      remarks: expect.stringContaining('mine is not empty; name a new folder'),
    });
    expect(readdirSync(join(above, 'mine'))).toEqual(['notes.txt']);
  });

  it('does not guess where nobody can be asked and nothing says --yes', async () => {
    expect(await run('init', 'mine')).toMatchObject({
      exit: 2,
      remarks: expect.stringContaining('standard input is no terminal: give --yes'),
    });
  });
});

describe('init, asking', () => {
  const answering = (...lines: (string | null)[]): Promise<Session & { asked: string[] }> => {
    const asked: string[] = [];
    const out: string[] = [];
    const remarks: string[] = [];
    const context = {
      environment: () => readEnvironment(env(), above),
      cwd: above,
      actor: { kind: 'system', id: 'cli:tester' },
      out: (line: string) => void out.push(line),
      remark: (line: string) => void remarks.push(line),
      askSecret: () => Promise.reject(new Error('nobody asked')),
      askLine: (question: string) => {
        asked.push(question);
        return Promise.resolve(lines.shift() ?? null);
      },
    } as const;
    return runCli(['init', 'mine'], context).then((exit) => ({
      exit,
      out: out.join('\n'),
      remarks: remarks.join('\n'),
      asked,
    }));
  };

  it('asks five times, takes Enter for what it suggests, and asks again with the rule that was broken', async () => {
    const { exit, asked, remarks } = await answering(
      '',
      'refund-bot',
      'refund-bot ann',
      '',
      'oncall: ann',
      'oncall: ben',
      'none',
    );
    expect(exit).toBe(0);
    expect(asked.map((question) => question.slice(0, 3))).toEqual(['1/5', '2/5', '2/5', '3/5', '4/5', '4/5', '5/5']);
    expect(remarks).toContain('must be two ids');
    expect(remarks).toContain('must name somebody else than the owner');
    const { catalog } = readCatalog(join(above, 'mine'), join(above, 'data'));
    expect(catalog.people.map(({ id }) => id)).toEqual(['ann', 'ben']);
  });

  it('writes nothing when the person goes away', async () => {
    expect(await answering('', null)).toMatchObject({
      exit: 1,
      remarks: expect.stringContaining('nothing is written'),
    });
    expect(readdirSync(above)).not.toContain('mine');
  });

  it('reads line by line what is typed, and takes the end of the input for going away', async () => {
    const [input, output] = [new PassThrough(), new PassThrough()];
    const ask = lineAsker(input, output);
    const first = ask('1/5 ');
    input.write('https://stock.example Stock\n');
    expect(await first).toBe('https://stock.example Stock');
    expect(String(output.read())).toContain('1/5 ');
    const second = ask('2/5 ');
    input.end();
    expect(await second).toBeNull();
  });
});
