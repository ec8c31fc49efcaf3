import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { createLocalJWKSet, jwtVerify, type JSONWebKeySet } from 'jose';
import { ensureDevelopmentKeys } from '#platform/config/catalog/development-keys.js';
import { readEnvironment } from '#platform/config/environment/environment.js';
import type { CommandContext } from '../../command.js';
import { CommandFailed } from '../../command.js';
import { assertion, developmentKey, signAssertion } from './assertion.js';

const ISSUER = 'http://localhost:3000';
const NOW = 1_800_000_000;

describe('an assertion for curl', () => {
  let dataDir: string;
  let printed: string[];

  const context = (variables: Record<string, string>): CommandContext => ({
    environment: () => readEnvironment(variables, dataDir),
    cwd: dataDir,
    actor: { kind: 'system', id: 'cli:test' },
    out: (line) => void printed.push(line),
    remark: () => undefined,
    askSecret: () => Promise.reject(new Error('nobody asked')),
  });

  beforeEach(() => {
    printed = [];
    dataDir = mkdtempSync(join(tmpdir(), 'writ-assertion-'));
    ensureDevelopmentKeys(dataDir, ['support-bot']);
  });
  afterEach(() => rmSync(dataDir, { recursive: true, force: true }));

  it('verifies against the public half, names its sender and its only audience, and lives two minutes', async () => {
    const jwt = signAssertion(developmentKey(dataDir, 'support-bot'), 'support-bot', ISSUER, NOW);
    const published = readFileSync(join(dataDir, 'keys/support-bot.jwks.json'), 'utf8');
    const keys = createLocalJWKSet(JSON.parse(published) as JSONWebKeySet);
    const { payload } = await jwtVerify(jwt, keys, { audience: ISSUER, currentDate: new Date(NOW * 1000) });
    expect(payload).toMatchObject({ iss: 'support-bot', sub: 'support-bot', aud: ISSUER, iat: NOW, exp: NOW + 120 });
  });

  it('is new each time, since the broker takes each one once', () => {
    const key = developmentKey(dataDir, 'support-bot');
    expect(signAssertion(key, 'support-bot', ISSUER, NOW)).not.toBe(signAssertion(key, 'support-bot', ISSUER, NOW));
  });

  it('is printed alone on its line, so that a shell can put it into a header', async () => {
    expect(await assertion.run(['support-bot'], context({ WRIT_DATA_DIR: dataDir }))).toBe(0);
    expect(printed).toEqual([expect.stringMatching(/^[\w-]+\.[\w-]+\.[\w-]+$/)]);
  });

  it('is refused for a name without a development key, and for a name that is a path', () => {
    expect(() => developmentKey(dataDir, 'nobody')).toThrow(CommandFailed);
    expect(() => developmentKey(dataDir, '../keys/support-bot')).toThrow('is no id');
  });

  it('is refused with a database of one’s own, where agents keep their keys to themselves', async () => {
    const variables = { WRIT_DATA_DIR: dataDir, DATABASE_URL: 'postgres://h/d', WRIT_MASTER_KEY: 'A'.repeat(43) };
    await expect(assertion.run(['support-bot'], context(variables))).rejects.toThrow('DATABASE_URL');
  });

  describe('that is explained', () => {
    const variables = (): Record<string, string> => ({ WRIT_DATA_DIR: dataDir, WRIT_CONFIG: resolve('config/sample') });
    const seconds = (): number => Math.floor(Date.now() / 1000);
    const explained = async (jwt: string, more: readonly string[] = []): Promise<[number, string]> => {
      printed = [];
      const exit = await assertion.run(['--explain', jwt, '--issuer', ISSUER, ...more], {
        ...context(variables()),
        cwd: process.cwd(),
      });
      return [exit, printed.join('\n')];
    };
    const signed = (id: string, issuer = ISSUER, at = seconds()): string =>
      signAssertion(developmentKey(dataDir, 'support-bot'), id, issuer, at);

    it('holds in every check that can be made here, and says what cannot', async () => {
      const jwt = signed('support-bot');
      const [exit, text] = await explained(jwt);
      expect(text).not.toContain('FAILS');
      expect(exit).toBe(0);
      expect(text).toMatch(/^ok +signature +a registered key made it$/m);
      expect(text).toMatch(/^\? +first use/m);
      for (const part of jwt.split('.')) expect(text).not.toContain(part);
    });

    it.each<[string, () => string, RegExp]>([
      [
        'is over',
        () => signed('support-bot', ISSUER, seconds() - 200),
        /^FAILS +times +expired \(exp is \d+ s ago\)$/m,
      ],
      [
        'is from a clock ahead',
        () => signed('support-bot', ISSUER, seconds() + 90),
        /^FAILS +times +issued in the future/m,
      ],
      [
        'is for another',
        () => signed('support-bot', 'https://b.example'),
        /^FAILS +audience +aud is not http:\S+ alone$/m,
      ],
      ['is of nobody', () => signed('nobody'), /^FAILS +registration +writ.yaml names no agent or client nobody$/m],
      ['is signed by another', () => signed('payments-api'), /^FAILS +(signature|key|registration)/m],
      ['is no token', () => 'abc', /^FAILS +form +no signed token: not three filled parts$/m],
    ])('says which check it fails when it %s', async (_what, jwt, line) => {
      const [exit, text] = await explained(jwt());
      expect(text).toMatch(line);
      expect(exit).toBe(1);
    });

    it('may be a workload token: its claims are held against the agents, its signature is the broker’s to check', async () => {
      const claims = { iss: 'https://ci.example', sub: 'job\n', aud: ISSUER, exp: seconds() + 60 };
      const part = (value: object): string => Buffer.from(JSON.stringify(value)).toString('base64url');
      const [exit, text] = await explained(`${part({ alg: 'RS256' })}.${part(claims)}.AAAA`);
      expect(text).toMatch(/^FAILS +registration +writ.yaml binds no agent to iss https:\/\/ci.example, sub job/m);
      expect(text).toMatch(/^\? +signature/m);
      expect(text.split('\n')).toHaveLength(6);
      expect(exit).toBe(1);
    });
  });
});
