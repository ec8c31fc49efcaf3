import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { generateKeyPairSync, type JsonWebKey } from 'node:crypto';
import { mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { ConfigurationFolder, publicJwk, spoilt } from '../testing/configuration-folder.js';

let folder: ConfigurationFolder;
beforeEach(() => {
  folder = new ConfigurationFolder();
});
afterEach(() => folder.remove());

const exported = (key: { export(options: { format: 'jwk' }): JsonWebKey }): JsonWebKey => key.export({ format: 'jwk' });

describe('keys of agents and clients', () => {
  const keysAre = (keys: unknown[]): readonly string[] =>
    folder.problemsOf(spoilt(['agents', 0, 'auth', 'jwks', 'keys'], keys));

  it('may be P-256, P-384, Ed25519 and RSA of 2,048 bits, each kid once', () => {
    const keys = [
      exported(generateKeyPairSync('ec', { namedCurve: 'P-256' }).publicKey),
      exported(generateKeyPairSync('ec', { namedCurve: 'P-384' }).publicKey),
      exported(generateKeyPairSync('ed25519').publicKey),
      exported(generateKeyPairSync('rsa', { modulusLength: 2048 }).publicKey),
    ].map((key, index) => ({ ...key, kid: `k${index}`, use: 'sig', note: 'ignored' }));
    folder.write(spoilt(['agents', 0, 'auth', 'jwks', 'keys'], keys));
    const { auth } = folder.read().catalog.agents[0]!;
    expect(auth).toEqual({ kind: 'jwks', keys: keys.map(({ note: _note, ...kept }) => kept) });
    expect(keysAre([publicJwk('a'), publicJwk('a')])).toEqual([
      'agents[0].auth.jwks.keys[1]: has the kid of an earlier key',
    ]);
  });

  it('are refused when private, symmetric, weak, of another curve or not keys at all', () => {
    const at = 'agents[0].auth.jwks.keys[0]';
    const secret = exported(generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey);
    expect(keysAre([secret])).toEqual([expect.stringContaining(`${at}: holds "d" of a private key`)]);
    expect(keysAre([secret]).join()).not.toContain(secret.d);
    expect(keysAre([{ kty: 'oct', k: 'c2VjcmV0' }])).toEqual([expect.stringContaining(`${at}: holds "k"`)]);
    expect(keysAre([exported(generateKeyPairSync('rsa', { modulusLength: 1024 }).publicKey)])).toEqual([
      `${at}: an RSA key must have 2048 to 8192 bits`,
    ]);
    const kinds = `${at}: must be a public key: EC P-256 or P-384, Ed25519, or RSA`;
    expect(keysAre([exported(generateKeyPairSync('ec', { namedCurve: 'secp256k1' }).publicKey)])).toEqual([kinds]);
    expect(keysAre([exported(generateKeyPairSync('x25519').publicKey)])).toEqual([kinds]);
    expect(keysAre([{ ...publicJwk(), x: 'AAAA' }])).toEqual([kinds]);
    expect(keysAre([{}])).toHaveLength(1);
    expect(keysAre(['x'])).toEqual([`${at}: must be a mapping`]);
  });

  it('are refused when meant for something else', () => {
    expect(keysAre([{ ...publicJwk(), use: 'enc' }])).toEqual(['agents[0].auth.jwks.keys[0]: use must be sig']);
    expect(keysAre([{ ...publicJwk(), alg: 'RS256' }])).toEqual([
      'agents[0].auth.jwks.keys[0]: alg must be ES256 for this key',
    ]);
    const rsa = exported(generateKeyPairSync('rsa', { modulusLength: 2048 }).publicKey);
    for (const alg of ['RS256', 'PS256']) expect(keysAre([{ ...rsa, alg }])).toEqual([]);
    for (const alg of ['RS384', 'RS512', 'PS384', 'PS512'])
      expect(keysAre([{ ...rsa, alg }])).toEqual([
        'agents[0].auth.jwks.keys[0]: alg must be RS256, PS256 for this key',
      ]);
    expect(keysAre([{ ...publicJwk(), key_ops: ['sign'] }])).toEqual([
      'agents[0].auth.jwks.keys[0]: key_ops must hold verify',
    ]);
    expect(keysAre([{ ...publicJwk(), kid: 7 }])).toEqual([expect.stringContaining('kid must be text')]);
  });
});

describe('a jwks_file', () => {
  const fileIs = (name: string): readonly string[] =>
    folder.problemsOf(spoilt(['agents', 0, 'auth'], { jwks_file: name }));
  const kidRead = (): unknown => {
    const { auth } = folder.read().catalog.agents[0]!;
    return auth.kind === 'jwks' ? auth.keys[0]?.kid : undefined;
  };

  it('is looked for in the configuration folder and then in the data folder', () => {
    writeFileSync(join(folder.dataDir, 'keys', 'a.json'), JSON.stringify({ keys: [publicJwk('data')] }));
    expect(fileIs('keys/a.json')).toEqual([]);
    expect(kidRead()).toBe('data');
    mkdirSync(join(folder.configDir, 'keys'));
    writeFileSync(join(folder.configDir, 'keys', 'a.json'), JSON.stringify({ keys: [publicJwk('config')] }));
    expect(kidRead()).toBe('config');
  });

  it('serves a client as well', () => {
    writeFileSync(join(folder.dataDir, 'a.json'), JSON.stringify({ keys: [publicJwk()] }));
    expect(folder.problemsOf(spoilt(['clients', 0, 'auth'], { jwks_file: 'a.json' }))).toEqual([]);
  });

  it('stays inside both folders, links followed', () => {
    const outside = join(folder.configDir, '..', 'outside.json');
    writeFileSync(outside, JSON.stringify({ keys: [publicJwk()] }));
    symlinkSync(outside, join(folder.configDir, 'link.json'));
    const rule = ['agents[0].auth.jwks_file: must name a file inside the configuration folder or the data folder'];
    for (const name of ['../outside.json', outside, 'link.json', 'policies/../../outside.json', 'absent.json', '.'])
      expect(fileIs(name)).toEqual(rule);
  });

  it('is strict JSON with a JWK set', () => {
    writeFileSync(join(folder.dataDir, 'a.json'), '{"keys":[],"keys":[]}');
    expect(fileIs('a.json')).toEqual(['agents[0].auth.jwks_file: the file must be JSON (duplicate_key)']);
    writeFileSync(join(folder.dataDir, 'a.json'), JSON.stringify([publicJwk()]));
    expect(fileIs('a.json')).toEqual(['agents[0].auth.jwks_file: must be a mapping']);
    writeFileSync(join(folder.dataDir, 'a.json'), JSON.stringify({ keys: [{ kty: 'oct', k: 'x' }] }));
    expect(fileIs('a.json')).toEqual([expect.stringContaining('agents[0].auth.jwks_file.keys[0]: holds "k"')]);
  });
});
