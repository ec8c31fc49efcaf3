import { mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { calculateJwkThumbprint, createLocalJWKSet, jwtVerify, type JWK } from 'jose';
import { parse } from 'yaml';
import { writ, type Session } from '../../testing/terminal.js';

describe('keygen', () => {
  let folder: string;
  const run = (...argv: string[]): Promise<Session> => writ(argv, { WRIT_DATA_DIR: join(folder, 'data') }, '', folder);
  const read = (name: string): Record<string, unknown> =>
    JSON.parse(readFileSync(join(folder, name), 'utf8')) as Record<string, unknown>;

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'writ-keygen-'));
  });
  afterEach(() => rmSync(folder, { recursive: true, force: true }));

  it('leaves the private half for its owner alone, and prints what writ.yaml takes of it', async () => {
    const { exit, out } = await run('keygen', 'refund-bot');
    expect(exit).toBe(0);
    expect(statSync(join(folder, 'refund-bot.key.json')).mode & 0o777).toBe(0o600);
    const secret = read('refund-bot.key.json');
    const { auth } = parse(out) as { auth: { jwks: { keys: JWK[] } } };
    const [open] = auth.jwks.keys;
    expect(Object.keys(open ?? {}).sort()).toEqual(['alg', 'crv', 'kid', 'kty', 'use', 'x', 'y']);
    expect(open).toMatchObject({ alg: 'ES256', use: 'sig', kid: await calculateJwkThumbprint(secret as JWK) });
    expect(secret).toEqual({ ...open, d: secret['d'] });
    expect(out).not.toContain(secret['d']);
  });

  it('writes the public half as a file, named as the configuration above it names it', async () => {
    mkdirSync(join(folder, 'conf'));
    writeFileSync(join(folder, 'conf/writ.yaml'), '');
    const { out } = await run(
      'keygen',
      'refund-bot',
      '--out',
      'own.json',
      '--jwks-out',
      'conf/keys/refund-bot.jwks.json',
    );
    expect(parse(out)).toEqual({ auth: { jwks_file: 'keys/refund-bot.jwks.json' } });
    expect(JSON.stringify(read('conf/keys/refund-bot.jwks.json'))).not.toContain('"d"');
  });

  it('never writes over a key, and neither file when one of them is there, unless it is forced', async () => {
    await run('keygen', 'refund-bot');
    const before = read('refund-bot.key.json');
    expect(await run('keygen', 'refund-bot')).toMatchObject({
      exit: 1,
      out: '',
      remarks: expect.stringMatching(/refund-bot\.key\.json exists; --force replaces it$/),
    });
    writeFileSync(join(folder, 'there.json'), '{}');
    expect((await run('keygen', 'x', '--jwks-out', 'there.json')).exit).toBe(1);
    expect(() => read('x.key.json')).toThrow('ENOENT');
    expect(read('refund-bot.key.json')).toEqual(before);
    expect((await run('keygen', 'refund-bot', '--force')).exit).toBe(0);
    expect(read('refund-bot.key.json')).not.toEqual(before);
  });

  it('replaces a file whole: others’ rights and a link’s target get nothing of the new key', async () => {
    writeFileSync(join(folder, 'elsewhere.json'), 'mine', { mode: 0o644 });
    symlinkSync(join(folder, 'elsewhere.json'), join(folder, 'refund-bot.key.json'));
    expect((await run('keygen', 'refund-bot', '--force')).exit).toBe(0);
    expect(statSync(join(folder, 'refund-bot.key.json')).mode & 0o777).toBe(0o600);
    expect(readFileSync(join(folder, 'elsewhere.json'), 'utf8')).toBe('mine');
  });

  it.each(['../refund-bot', '.hidden', 'a b', 'ü', ''])('says what an id is when it is given %j', async (id) => {
    const { exit, remarks } = await run('keygen', id);
    expect(exit).toBe(1);
    expect(remarks).toContain('is no id of an agent or client: it must begin with a letter or digit');
  });

  it('refuses one file for both halves', async () => {
    expect(await run('keygen', 'a', '--out', 'k.json', '--jwks-out', './k.json')).toMatchObject({ exit: 2 });
  });

  it('makes a key by which an assertion is signed, with whichever database', async () => {
    const { out: line } = await run('keygen', 'refund-bot');
    const { auth } = parse(line) as { auth: { jwks: { keys: JWK[] } } };
    const env = {
      DATABASE_URL: 'postgres://h/d',
      WRIT_MASTER_KEY: Buffer.alloc(32).toString('base64'),
      WRIT_ISSUER: 'https://writ.example',
    };
    const { exit, out } = await writ(['assertion', 'refund-bot', '--key', 'refund-bot.key.json'], env, '', folder);
    expect(exit).toBe(0);
    const { payload } = await jwtVerify(out, createLocalJWKSet(auth.jwks), { audience: 'https://writ.example' });
    expect(payload).toMatchObject({ iss: 'refund-bot', sub: 'refund-bot' });
  });

  it('is told apart from files that hold no such key, without a word of what they hold', async () => {
    writeFileSync(join(folder, 'bad.json'), '{"kty":"EC","d":"SECRET"}');
    for (const file of ['bad.json', 'none.json']) {
      const { exit, remarks } = await run('assertion', 'refund-bot', '--key', file, '--issuer', 'http://localhost:1');
      expect(exit).toBe(1);
      expect(remarks).toContain(file);
      expect(remarks).not.toContain('SECRET');
    }
  });
});
