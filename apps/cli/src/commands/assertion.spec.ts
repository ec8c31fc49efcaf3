import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { createLocalJWKSet, jwtVerify, type JSONWebKeySet } from 'jose';
import { ensureDevelopmentKeys } from '#platform/config/development-keys.js';
import { readEnvironment } from '#platform/config/environment.js';
import type { CommandContext } from '../command.js';
import { CommandFailed } from '../command.js';
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

  it('is refused with a database of one’s own, where agents keep their keys to themselves', () => {
    const variables = { WRIT_DATA_DIR: dataDir, DATABASE_URL: 'postgres://h/d', WRIT_MASTER_KEY: 'A'.repeat(43) };
    expect(() => assertion.run(['support-bot'], context(variables))).toThrow('DATABASE_URL');
  });
});
