import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { createLocalJWKSet, jwtVerify } from 'jose';
import { readFileSync } from 'node:fs';
import { ensureDevelopmentKeys } from '#platform/config/development-keys.js';
import { developmentAssertion, NoDevelopmentKey } from './assertion.js';

const ISSUER = 'http://localhost:3000';
const NOW = 1_800_000_000;

describe('an assertion for curl', () => {
  let dataDir: string;

  beforeEach(() => {
    dataDir = mkdtempSync(join(tmpdir(), 'writ-assertion-'));
    ensureDevelopmentKeys(dataDir, ['support-bot']);
  });
  afterEach(() => rmSync(dataDir, { recursive: true, force: true }));

  it('verifies against the public half, names its sender and its only audience, and lives two minutes', async () => {
    const jwt = developmentAssertion(dataDir, ISSUER, 'support-bot', NOW);
    const keys = createLocalJWKSet(JSON.parse(readFileSync(join(dataDir, 'keys/support-bot.jwks.json'), 'utf8')));
    const { payload } = await jwtVerify(jwt, keys, { audience: ISSUER, currentDate: new Date(NOW * 1000) });
    expect(payload).toMatchObject({ iss: 'support-bot', sub: 'support-bot', aud: ISSUER, iat: NOW, exp: NOW + 120 });
  });

  it('is good for one call, so no two are alike', () => {
    const [one, two] = [1, 2].map(() => developmentAssertion(dataDir, ISSUER, 'support-bot', NOW));
    expect(one).not.toBe(two);
  });

  it('is refused for a name without a development key, and for a name that is a path', () => {
    expect(() => developmentAssertion(dataDir, ISSUER, 'nobody', NOW)).toThrow(NoDevelopmentKey);
    expect(() => developmentAssertion(dataDir, ISSUER, '../keys/support-bot', NOW)).toThrow(NoDevelopmentKey);
  });
});
