import { describe, expect, it } from '@jest/globals';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { isSecretHash, SecretVerifier } from '#identity/agents/client-secret.js';
import { COMMANDS } from './commands.js';
import { writ } from './testing/terminal.js';

describe('the command line', () => {
  it('shows how it is used and exits 2 when nothing, or nothing known, was asked', async () => {
    for (const argv of [[], ['destroy'], ['grants'], ['grants', 'destroy'], ['--version']]) {
      const { exit, out, remarks } = await writ(argv);
      expect({ argv, exit, out }).toEqual({ argv, exit: 2, out: '' });
      expect(remarks).toContain('usage: writ <command>');
    }
  });

  it('shows the commands of a group that was named alone', async () => {
    const { remarks } = await writ(['grants']);
    expect(remarks).toContain('grants show');
    expect(remarks).not.toContain('agents list');
  });

  it('has help for itself and for every command, on standard output', async () => {
    expect((await writ(['--help'])).out).toContain('policy test');
    for (const { name, load } of COMMANDS) {
      const { exit, out } = await writ([...name.split(' '), '--help']);
      expect({ exit, first: out.split('\n')[0] }).toEqual({
        exit: 0,
        first: `usage: writ ${name} ${(await load()).usage}`.trimEnd(),
      });
    }
  });

  it.each([
    [['apply', '--force'], "Unknown option '--force'"],
    [['apply', 'config'], '"config" is one argument too many'],
    [['login-link'], '<person> is missing'],
    [['agents', 'suspend'], '<id> is missing'],
    [['agents', 'suspend', 'a', '--reason', ' '], '--reason must have'],
    [['grants', 'revoke', `grt_${'0'.repeat(26)}`], '--reason is missing'],
    [['grants', 'show', 'esc_1'], '<id> must be the id of a grant'],
    [['grants', 'list', '--status', 'open'], '--status must be one of ready'],
    [['grants', 'list', '--limit', '201'], '--limit must be a number from 1 to 200'],
    [['grants', 'list', '--from', 'yesterday'], '--from must be a date'],
  ])('calls %j a misuse before it looks for any database', async (argv, said) => {
    const { exit, out, remarks } = await writ(argv);
    expect({ exit, out }).toEqual({ exit: 2, out: '' });
    expect(remarks).toContain(said);
    expect(remarks).toContain(`usage: writ ${argv[0]}`);
  });

  it('says in one sentence that no broker runs, and makes nothing', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'writ-cli-'));
    const dataDir = join(folder, 'data');
    try {
      for (const argv of [['apply'], ['login-link', 'bob'], ['agents', 'list'], ['grants', 'list']]) {
        const { exit, remarks } = await writ(argv, { WRIT_DATA_DIR: dataDir });
        expect({ exit, remarks }).toEqual({
          exit: 1,
          remarks: `writ: no broker is running on ${dataDir}; start it with npm start`,
        });
      }
      await expect(writ(['policy', 'check'], { WRIT_DATA_DIR: dataDir })).resolves.toMatchObject({ exit: 0 });
      expect(() => rmSync(dataDir, { recursive: true })).toThrow('ENOENT');
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  });

  it('tells every problem of the environment, without a stack', async () => {
    const { exit, remarks } = await writ(['policy', 'check'], { WRIT_FOO: '1', WRIT_PORT: 'many' });
    expect(exit).toBe(1);
    expect(remarks.split('\n')).toEqual([
      'writ: The environment cannot be used:',
      '  - WRIT_FOO: is not a variable of Writ',
      '  - WRIT_PORT: must be an integer from 0 to 65535',
    ]);
  });

  it('makes no login link for a broker that others can reach', async () => {
    const env = {
      DATABASE_URL: 'postgres://127.0.0.1:1/writ',
      WRIT_MASTER_KEY: Buffer.alloc(32).toString('base64'),
      WRIT_ISSUER: 'https://writ.example',
    };
    expect(await writ(['login-link', 'bob'], env)).toMatchObject({
      exit: 1,
      remarks: expect.stringContaining('https://writ.example is no loopback address'),
    });
  });
});

describe('secret-hash', () => {
  it('hashes what stands on standard input, without its line break, in the form of writ.yaml', async () => {
    const { exit, out } = await writ(['secret-hash'], {}, 'a secret that is long enough\n');
    expect(exit).toBe(0);
    expect(isSecretHash(out)).toBe(true);
    await expect(new SecretVerifier().verify('c', out, 'a secret that is long enough')).resolves.toBe('verified');
  });

  it('makes a secret that fits the hash beside it', async () => {
    const { out } = await writ(['secret-hash', '--generate']);
    const [, secret = '', hash = ''] = /^secret: (\S{43})\nauth: \{ secret_hash: "(\S+)" \}$/.exec(out) ?? [];
    await expect(new SecretVerifier().verify('c', hash, secret)).resolves.toBe('verified');
  });

  it.each([
    ['', 'the secret is empty'],
    ['one\ntwo', 'must be one line'],
    ['x'.repeat(1025), 'longer than 1024 bytes'],
  ])('refuses what could not have been meant: %j', async (input, said) => {
    const { exit, remarks } = await writ(['secret-hash'], {}, input);
    expect(exit).toBe(1);
    expect(remarks).toContain(said);
  });
});
