import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { createPrivateKey, createPublicKey, type JsonWebKey, sign, verify } from 'node:crypto';
import { chmodSync, mkdtempSync, readFileSync, rmSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ensureDevelopmentKeys, idsWithDevelopmentKeys, makesDevelopmentKeys } from './development-keys.js';
import { loadOrCreateMasterKey } from '../environment/master-key.js';

let dataDir: string;
beforeEach(() => {
  dataDir = mkdtempSync(join(tmpdir(), 'writ-keys-'));
});
afterEach(() => rmSync(dataDir, { recursive: true }));

const jwkAt = (path: string): JsonWebKey => JSON.parse(readFileSync(path, 'utf8')) as JsonWebKey;
const onlyKeyAt = (path: string): JsonWebKey => (jwkAt(path) as unknown as { keys: [JsonWebKey] }).keys[0];

describe('the master key of the embedded default', () => {
  it('is made once, for its owner alone, and found again', () => {
    const made = loadOrCreateMasterKey(join(dataDir, 'new'));
    expect(made).toHaveLength(32);
    expect(statSync(join(dataDir, 'new', 'master.key')).mode & 0o777).toBe(0o600);
    expect(loadOrCreateMasterKey(join(dataDir, 'new'))).toEqual(made);
  });

  it.each([0o644, 0o640, 0o602])('is refused with mode %o', (mode) => {
    loadOrCreateMasterKey(dataDir);
    chmodSync(join(dataDir, 'master.key'), mode);
    expect(() => loadOrCreateMasterKey(dataDir)).toThrow('is open to other users: chmod 600 it');
  });

  it('is never replaced when damaged, and its content never quoted', () => {
    writeFileSync(join(dataDir, 'master.key'), 'c2hvcnQ=', { mode: 0o600 });
    expect(() => loadOrCreateMasterKey(dataDir)).toThrow('must hold 32 bytes in base64');
    expect(() => loadOrCreateMasterKey(dataDir)).not.toThrow('c2hvcnQ=');
    expect(readFileSync(join(dataDir, 'master.key'), 'utf8')).toBe('c2hvcnQ=');
  });

  it('is not followed through a link', () => {
    writeFileSync(join(dataDir, 'elsewhere'), Buffer.alloc(32).toString('base64'), { mode: 0o600 });
    symlinkSync(join(dataDir, 'elsewhere'), join(dataDir, 'master.key'));
    expect(() => loadOrCreateMasterKey(dataDir)).toThrow('cannot be read (ELOOP)');
  });
});

describe('development keys', () => {
  it('come as a public set and a private half for its owner alone, which belong together', () => {
    const [files] = ensureDevelopmentKeys(dataDir, ['support-bot']);
    expect(files).toEqual({
      id: 'support-bot',
      publicPath: join(dataDir, 'keys', 'support-bot.jwks.json'),
      privatePath: join(dataDir, 'keys', 'support-bot.private.jwk.json'),
    });
    expect(statSync(files!.privatePath).mode & 0o777).toBe(0o600);
    const [open, secret] = [onlyKeyAt(files!.publicPath), jwkAt(files!.privatePath)];
    expect(open).not.toHaveProperty('d');
    expect(open.kid).toBe(secret.kid);
    const signature = sign('sha256', Buffer.from('x'), createPrivateKey({ key: secret, format: 'jwk' }));
    expect(verify('sha256', Buffer.from('x'), createPublicKey({ key: open, format: 'jwk' }), signature)).toBe(true);
  });

  it('stay as they are at the next start', () => {
    const [files] = ensureDevelopmentKeys(dataDir, ['a']);
    const before = [jwkAt(files!.privatePath), jwkAt(files!.publicPath)];
    ensureDevelopmentKeys(dataDir, ['a', 'b']);
    expect([jwkAt(files!.privatePath), jwkAt(files!.publicPath)]).toEqual(before);
  });

  it('get a lost public half back from the private one', () => {
    const [files] = ensureDevelopmentKeys(dataDir, ['a']);
    const before = jwkAt(files!.publicPath);
    rmSync(files!.publicPath);
    ensureDevelopmentKeys(dataDir, ['a']);
    expect(jwkAt(files!.publicPath)).toEqual(before);
  });

  it('are not made for a name that would leave the folder', () => {
    expect(() => ensureDevelopmentKeys(dataDir, ['../x'])).toThrow('is not a configured id');
  });

  it('are wanted by those who name a file after themselves that the configuration lacks', () => {
    writeFileSync(
      join(dataDir, 'writ.yaml'),
      `agents:
  - { id: a, auth: { jwks_file: keys/a.jwks.json } }
  - { id: b, auth: { jwks_file: keys/a.jwks.json } }
  - { id: c, auth: { jwks: { keys: [] } } }
clients:
  - { id: d, auth: { jwks_file: keys/d.jwks.json } }
`,
    );
    expect(idsWithDevelopmentKeys(dataDir)).toEqual(['a', 'd']);
    expect(idsWithDevelopmentKeys(join(dataDir, 'absent'))).toEqual([]);
  });
});

describe('development keys', () => {
  it.each([
    ['embedded', 'https://writ.example', true],
    ['external', 'http://localhost:3000', true],
    ['external', null, true],
    ['external', 'https://writ.example', false],
  ] as const)('with an %s database and issuer %s are made: %s', (kind, issuer, made) => {
    const database = kind === 'embedded' ? { kind } : { kind, url: 'postgres://x', migrateUrl: 'postgres://x' };
    expect(makesDevelopmentKeys({ database, issuer })).toBe(made);
  });
});
