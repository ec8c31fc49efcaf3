import { randomBytes } from 'node:crypto';
import { describe, expect, it } from '@jest/globals';
import { calculateJwkThumbprint } from 'jose';
import { jwksDocument } from './jwks.js';
import { KeyRing } from './key-ring.js';
import { deriveKey } from './master-key.js';
import { SigningKeyStore, type SigningAlg, type SigningKeyRow } from './ports.js';
import { generateSigningKey } from './signing-key.js';

class MemoryKeyStore extends SigningKeyStore {
  rows: SigningKeyRow[] = [];
  reads = 0;
  aheadMs = 0;

  constructor(private readonly clock: { now: Date }) {
    super();
  }

  override async list(): ReturnType<SigningKeyStore['list']> {
    this.reads += 1;
    return { rows: [...this.rows], now: new Date(this.clock.now.getTime() + this.aheadMs) };
  }

  override async insertFirst(row: SigningKeyRow): Promise<boolean> {
    if (this.rows.some((other) => other.alg === row.alg && !other.retiredAt && !other.compromisedAt)) return false;
    this.rows.push(row);
    return true;
  }

  change(kid: string, change: Partial<SigningKeyRow>): void {
    this.rows = this.rows.map((row) => (row.kid === kid ? { ...row, ...change } : row));
  }
}

const master = Buffer.alloc(32, 7);
const start = Date.parse('2026-11-21T12:00:00Z');
const at = (seconds: number) => new Date(start + seconds * 1_000);

function houseWith() {
  const clock = { now: at(0) };
  const store = new MemoryKeyStore(clock);
  const open = () => KeyRing.open(store, master, randomBytes, () => clock.now);
  const make = (activeFrom: Date, alg: SigningAlg = 'ES256') =>
    generateSigningKey(alg, deriveKey(master, 'wrap'), randomBytes, activeFrom);
  return { store, clock, open, make };
}

describe('a key ring', () => {
  it('makes one ES256 key when there is none, named by its thumbprint, its private half nowhere in the row', async () => {
    const { store, open } = houseWith();
    const ring = await open();
    const [row] = store.rows;
    expect(store.rows).toHaveLength(1);
    expect(row?.kid).toBe(await calculateJwkThumbprint({ ...row!.publicJwk }));
    expect(ring.signingKey('ES256').kid).toBe(row?.kid);
    expect(JSON.stringify(row)).not.toContain(ring.signingKey('ES256').privateKey.export({ format: 'jwk' }).d);
  });

  it('opened by several processes at once ends with one key that all of them use', async () => {
    const { store, open } = houseWith();
    const rings = await Promise.all([open(), open(), open()]);
    expect(store.rows).toHaveLength(1);
    expect(new Set(rings.map((ring) => ring.signingKey('ES256').kid)).size).toBe(1);
  });

  it('does not open, and makes no second key, under another master key', async () => {
    const { store, open } = houseWith();
    await open();
    const other = KeyRing.open(store, Buffer.alloc(32, 8), randomBytes, () => at(0));
    await expect(other).rejects.toThrow('WRIT_MASTER_KEY does not open');
    expect(store.rows).toHaveLength(1);
  });

  it('makes an RS256 key when one is asked for', async () => {
    const { store, open } = houseWith();
    const ring = await open();
    expect(() => ring.signingKey('RS256')).toThrow('no signing key for RS256');
    await ring.ensure('RS256');
    await ring.ensure('RS256');
    expect(store.rows.map((row) => row.alg)).toEqual(['ES256', 'RS256']);
    expect(ring.signingKey('RS256').privateKey.asymmetricKeyType).toBe('rsa');
  });

  it('publishes a coming key and signs with it only from its time on', async () => {
    const { store, clock, open, make } = houseWith();
    const ring = await open();
    const coming = await make(at(60));
    store.rows.push(coming);
    await ring.refresh();
    expect(ring.publicJwks().map((jwk) => jwk.kid)).toContain(coming.kid);
    expect(ring.signingKey('ES256').kid).not.toBe(coming.kid);
    clock.now = at(60);
    expect(ring.signingKey('ES256').kid).toBe(coming.kid);
  });

  it('keeps a retired key published until its last token has ended, and never signs with it', async () => {
    const { store, clock, open, make } = houseWith();
    const ring = await open();
    const old = ring.signingKey('ES256').kid;
    store.rows.push(await make(at(10)));
    store.change(old, { retiredAt: at(10), lastTokenEnd: at(300) });
    await ring.refresh();
    expect(ring.signingKey('ES256').kid).toBe(old);
    clock.now = at(10);
    expect(ring.signingKey('ES256').kid).not.toBe(old);
    clock.now = at(300 + 29);
    expect(ring.publicJwks().map((jwk) => jwk.kid)).toContain(old);
    clock.now = at(300 + 30);
    expect(ring.publicJwks().map((jwk) => jwk.kid)).not.toContain(old);
  });

  it('withdraws a retired key that signed nothing when the skew is over', async () => {
    const { store, clock, open, make } = houseWith();
    const ring = await open();
    const old = ring.signingKey('ES256').kid;
    store.rows.push(await make(at(10)));
    store.change(old, { retiredAt: at(10) });
    await ring.refresh();
    clock.now = at(39);
    expect(ring.publicJwks()).toHaveLength(2);
    clock.now = at(40);
    expect(ring.publicJwks().map((jwk) => jwk.kid)).not.toContain(old);
  });

  it("switches on the store's clock, however far off this process's is", async () => {
    const { store, open, make } = houseWith();
    const ring = await open();
    store.aheadMs = 3_600_000;
    const coming = await make(at(3_600));
    store.rows.push(coming);
    await ring.refresh();
    expect(ring.signingKey('ES256').kid).toBe(coming.kid);
  });

  it('stays with a compromise that the store takes back', async () => {
    const { store, open } = houseWith();
    const ring = await open();
    const { kid } = ring.signingKey('ES256');
    store.change(kid, { compromisedAt: at(1) });
    await ring.refresh();
    store.change(kid, { compromisedAt: null });
    await ring.refresh();
    expect(ring.publicJwks()).toEqual([]);
    expect(ring.knownSigningKey(kid)).toBeNull();
  });

  it('opens no compromised key whose private half was erased, and calls it no fault of the master key', async () => {
    const { store, open, make } = houseWith();
    await open();
    store.rows.push({ ...(await make(at(0))), wrappedPrivate: '', compromisedAt: at(1) });
    const ring = await open();
    expect(ring.publicJwks()).toHaveLength(1);
    expect(ring.unreadableKids()).toEqual([]);
  });

  it('forgets a compromised key at the next reading: not published, not verifying, not signing again', async () => {
    const { store, open } = houseWith();
    const ring = await open();
    const { kid } = ring.signingKey('ES256');
    store.change(kid, { compromisedAt: at(1) });
    await ring.refresh();
    expect(ring.publicJwks()).toEqual([]);
    expect(await ring.verifyKeyByKid(kid)).toBeNull();
    expect(await ring.signingKeyByKid(kid)).toBeNull();
    expect(() => ring.signingKey('ES256')).toThrow();
  });

  it('learns a key of another process when its kid is met', async () => {
    const { store, clock, open, make } = houseWith();
    const ring = await open();
    const theirs = await make(at(0));
    store.rows.push(theirs);
    clock.now = at(5);
    expect((await ring.verifyKeyByKid(theirs.kid))?.kid).toBe(theirs.kid);
  });

  it('reads the store five times in five seconds however many kids are invented', async () => {
    const { store, clock, open } = houseWith();
    const ring = await open();
    clock.now = at(10);
    const before = store.reads;
    const kids = Array.from({ length: 50 }, () => randomBytes(32).toString('base64url'));
    await Promise.all(kids.map((kid) => ring.verifyKeyByKid(kid)));
    for (const kid of kids) await ring.verifyKeyByKid(kid);
    expect(store.reads - before).toBe(5);
    clock.now = at(15);
    await ring.verifyKeyByKid(kids[0]);
    expect(store.reads - before).toBe(6);
  });

  it.each(['../../etc/passwd', "' OR 1=1 --", '', 'a'.repeat(44), '__proto__', null, 7, {}, ['x']])(
    'does not even look for the kid %j',
    async (kid) => {
      const { store, clock, open } = houseWith();
      const ring = await open();
      clock.now = at(10);
      const before = store.reads;
      expect(await ring.verifyKeyByKid(kid)).toBeNull();
      expect(store.reads).toBe(before);
    },
  );

  it('takes no public key from a row whose private half does not open: a planted row is no key', async () => {
    const { store, clock, open, make } = houseWith();
    const ring = await open();
    const planted = { ...(await make(at(0))), wrappedPrivate: store.rows[0]!.wrappedPrivate };
    store.rows.push(planted);
    clock.now = at(10);
    expect(await ring.verifyKeyByKid(planted.kid)).toBeNull();
    expect(ring.publicJwks().map((jwk) => jwk.kid)).not.toContain(planted.kid);
    expect(ring.unreadableKids()).toEqual([planted.kid]);
  });

  it('publishes the public half of the wrapped key, not the one that the row shows', async () => {
    const { store, open, make } = houseWith();
    await open();
    const genuine = store.rows[0]!.publicJwk;
    store.change(store.rows[0]!.kid, { publicJwk: (await make(at(0))).publicJwk });
    expect((await open()).publicJwks()[0]).toMatchObject(genuine);
  });
});

describe('the published key set', () => {
  it('holds public members only', async () => {
    const { open } = houseWith();
    const ring = await open();
    await ring.ensure('RS256');
    const { keys } = jwksDocument(ring);
    expect(keys.map((key) => Object.keys(key).sort().join(' ')).sort()).toEqual([
      'alg crv kid kty use x y',
      'alg e kid kty n use',
    ]);
    expect(keys.every((key) => key.use === 'sig')).toBe(true);
  });
});
