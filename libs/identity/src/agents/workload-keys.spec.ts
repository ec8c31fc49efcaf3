import { generateKeyPairSync } from 'node:crypto';
import { beforeEach, describe, expect, it } from '@jest/globals';
import { OutboundFetch, type FetchFault } from '../ports.js';
import { WorkloadKeys } from './workload-keys.js';

class Network extends OutboundFetch {
  readonly asked: string[] = [];
  readonly documents = new Map<string, unknown>();
  override async get(url: string): Promise<Uint8Array | FetchFault> {
    this.asked.push(url);
    const document = this.documents.get(url);
    return document === undefined ? { fault: 'ECONNREFUSED' } : Buffer.from(JSON.stringify(document));
  }
}

const URI = 'https://ci.example/keys';
const source = { name: 'https://ci.example', jwksUri: URI };
const WELL_KNOWN = 'https://ci.example/.well-known/openid-configuration';
const discovering = { ...source, jwksUri: null };

let network: Network;
let now: number;
let reports: string[];
let keys: WorkloadKeys;
beforeEach(() => {
  network = new Network();
  now = 1_800_000_000;
  reports = [];
  keys = new WorkloadKeys(
    network,
    () => now,
    (_source, fault) => void reports.push(fault),
  );
});

const jwk = (kid: string, more = {}) => ({
  ...generateKeyPairSync('ec', { namedCurve: 'P-256' }).publicKey.export({ format: 'jwk' }),
  kid,
  ...more,
});
const publish = (...published: unknown[]) => network.documents.set(URI, { keys: published });
const kids = (found: readonly Readonly<Record<string, unknown>>[] | null) => found?.map((key) => key['kid']);

describe('the keys of an issuer', () => {
  it('are fetched once for all who ask at the same time, and kept', async () => {
    publish(jwk('a'));
    const all = await Promise.all(Array.from({ length: 50 }, () => keys.current(source)));
    expect(new Set(all).size).toBe(1);
    await keys.current(source);
    expect(network.asked).toEqual([URI]);
  });

  it('are asked for twice in thirty seconds at most, however many unknown kids arrive', async () => {
    publish(jwk('a'));
    const seen = (await keys.current(source)) ?? [];
    for (let round = 0; round < 1_000; round += 1) await keys.newerThan(source, (await keys.current(source)) ?? seen);
    expect(network.asked).toHaveLength(2);
    now += 29;
    await keys.newerThan(source, (await keys.current(source)) ?? seen);
    expect(network.asked).toHaveLength(2);
    now += 1;
    await keys.newerThan(source, (await keys.current(source)) ?? seen);
    expect(network.asked).toHaveLength(3);
  });

  it('follow a rotation at the first token that names a new one', async () => {
    publish(jwk('a'));
    const old = (await keys.current(source)) ?? [];
    publish(jwk('b'));
    expect(kids(await keys.newerThan(source, old))).toEqual(['b']);
  });

  it('stop counting five minutes after the issuer withdrew them', async () => {
    publish(jwk('a'));
    await keys.current(source);
    publish();
    now += 299;
    expect(kids(await keys.current(source))).toEqual(['a']);
    now += 1;
    expect(kids(await keys.current(source))).toEqual([]);
  });

  it('count on while the issuer is away, for a day', async () => {
    publish(jwk('a'));
    await keys.current(source);
    network.documents.clear();
    now += 3_600;
    expect(kids(await keys.current(source))).toEqual(['a']);
    expect(reports).toEqual([`${URI}: ECONNREFUSED`]);
    now += 23 * 3_600;
    expect(await keys.current(source)).toBeNull();
  });

  it('are none while the issuer never answered; another issuer is not touched by that', async () => {
    network.documents.set('https://other.example/keys', { keys: [jwk('x')] });
    expect(await keys.current(source)).toBeNull();
    const other = { name: 'https://other.example', jwksUri: 'https://other.example/keys' };
    expect(kids(await keys.current(other))).toEqual(['x']);
  });

  it('are asked for anew where the operator has moved them', async () => {
    publish(jwk('a'));
    await keys.current(source);
    network.documents.set('https://ci.example/moved', { keys: [jwk('m')] });
    expect(kids(await keys.current({ ...source, jwksUri: 'https://ci.example/moved' }))).toEqual(['m']);
  });

  it('are only public keys of a fit kind, of any number up to a hundred', async () => {
    const rsa = (bits: number) =>
      generateKeyPairSync('rsa', { modulusLength: bits }).publicKey.export({ format: 'jwk' });
    publish(
      jwk('good'),
      jwk('svid', { use: 'jwt-svid' }),
      jwk('x509', { use: 'x509-svid' }),
      jwk('enc', { use: 'enc' }),
      jwk('eddsa', { alg: 'EdDSA' }),
      { kty: 'oct', k: 'c2VjcmV0', kid: 'secret' },
      { ...generateKeyPairSync('ed25519').publicKey.export({ format: 'jwk' }), kid: 'ed' },
      { ...rsa(1_024), kid: 'weak' },
      { ...rsa(2_048), kid: 'rsa' },
      { kty: 'EC', crv: 'P-256', x: 'AA', y: 'AA', kid: 'broken' },
      null,
    );
    expect(kids(await keys.current(source))).toEqual(['good', 'svid', 'rsa']);
  });

  it.each([
    ['more than a hundred keys', { keys: Array.from({ length: 101 }, () => ({})) }, 'more than 100 keys'],
    ['no list of keys', { keys: {} }, 'no JWK set'],
    ['no object', [], 'no JWK set'],
  ])('are not read from %s', async (_case, document, fault) => {
    network.documents.set(URI, document);
    expect(await keys.current(source)).toBeNull();
    expect(reports).toEqual([`${URI}: ${fault}`]);
  });
});

describe('discovery', () => {
  it('finds the keys of an issuer, within the same two fetches', async () => {
    network.documents.set(WELL_KNOWN, { issuer: 'https://ci.example', jwks_uri: URI });
    publish(jwk('a'));
    const found = (await keys.current(discovering)) ?? [];
    expect(kids(found)).toEqual(['a']);
    for (let round = 0; round < 100; round += 1) await keys.newerThan(discovering, found);
    expect(network.asked).toEqual([WELL_KNOWN, URI]);
  });

  it('is not done twice where the fetches were spent before the keys were had', async () => {
    await keys.current(discovering);
    network.documents.set(WELL_KNOWN, { issuer: 'https://ci.example', jwks_uri: URI });
    publish(jwk('a'));
    expect(await keys.current(discovering)).toBeNull();
    now += 30;
    expect(kids(await keys.current(discovering))).toEqual(['a']);
    expect(network.asked).toEqual([WELL_KNOWN, WELL_KNOWN, URI]);
  });

  it('is done again where the keys are no longer found, and once an hour', async () => {
    const moved = 'https://ci.example/moved';
    network.documents.set(WELL_KNOWN, { issuer: 'https://ci.example', jwks_uri: moved });
    expect(await keys.current(discovering)).toBeNull();
    network.documents.set(WELL_KNOWN, { issuer: 'https://ci.example', jwks_uri: URI });
    publish(jwk('a'));
    now += 30;
    expect(kids(await keys.current(discovering))).toEqual(['a']);
    now += 3_599;
    await keys.current(discovering);
    now += 3_600;
    await keys.current(discovering);
    expect(network.asked).toEqual([WELL_KNOWN, moved, WELL_KNOWN, URI, URI, WELL_KNOWN, URI]);
  });

  it('takes one slash off an issuer that ends in one', async () => {
    await keys.current({ name: 'https://ci.example/', jwksUri: null });
    expect(network.asked).toEqual([WELL_KNOWN]);
  });

  it.each([
    ['of another issuer', { issuer: 'https://evil.example', jwks_uri: URI }],
    ['that leads to another host', { issuer: 'https://ci.example', jwks_uri: 'https://evil.example/keys' }],
    ['that leads to another port', { issuer: 'https://ci.example', jwks_uri: 'https://ci.example:6379/keys' }],
    ['without keys', { issuer: 'https://ci.example' }],
  ])('does not follow a document %s', async (_case, document) => {
    network.documents.set(WELL_KNOWN, document);
    publish(jwk('a'));
    expect(await keys.current(discovering)).toBeNull();
    expect(network.asked).toEqual([WELL_KNOWN]);
    expect(reports).toHaveLength(1);
  });
});
