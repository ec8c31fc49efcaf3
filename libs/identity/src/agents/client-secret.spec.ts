import { describe, expect, it } from '@jest/globals';
import { hashSecret, isSecretHash, SecretVerifier, type SecretVerdict } from './client-secret.js';
import { SecretMarks } from '../ports.js';

/** Stands in for scrypt: counts, and finishes only when told. */
function heldScrypt() {
  const calls: { secret: string; finish: (matches: boolean) => void }[] = [];
  const matches = (_hash: string, secret: string) => new Promise<boolean>((finish) => calls.push({ secret, finish }));
  return { calls, verifier: new SecretVerifier(matches) };
}

function countedScrypt() {
  const counted = { calls: 0 };
  const verifier = new SecretVerifier(async (_hash, secret) => ((counted.calls += 1), secret.startsWith('right')));
  return { counted, verifier };
}

const settle = () => new Promise<void>((resolve) => setImmediate(resolve));

describe('a secret hash', () => {
  it('has the contract’s form and opens for its secret alone', async () => {
    const hash = await hashSecret('correct horse', Buffer.alloc(16, 1));
    expect(hash).toMatch(/^scrypt\$16384\$8\$1\$[A-Za-z0-9_-]{22}\$[A-Za-z0-9_-]{43}$/);
    expect(isSecretHash(hash)).toBe(true);
    const verifier = new SecretVerifier();
    expect(await verifier.verify('api', hash, 'correct horse')).toBe('verified');
    expect(await verifier.verify('api', hash, 'correct horse ')).toBe('wrong');
  });

  it('differs each time', async () => {
    expect(await hashSecret('s')).not.toBe(await hashSecret('s'));
  });

  it.each(['', 'plain', 'scrypt$1024$8$1$AAAAAAAAAAAAAAAAAAAAAA$' + 'A'.repeat(43), 'scrypt$16384$8$1$AAAA$AAAA'])(
    'of another form or cost matches nothing: %s',
    async (hash) => {
      expect(isSecretHash(hash)).toBe(false);
      expect(await new SecretVerifier().verify('api', hash, '')).toBe('wrong');
    },
  );
});

describe('a secret verifier', () => {
  it('runs scrypt once for a secret that is right, however often it comes', async () => {
    const { counted, verifier } = countedScrypt();
    await Promise.all([1, 2, 3].map(() => verifier.verify('api', 'h1', 'right')));
    for (let i = 0; i < 5; i += 1) expect(await verifier.verify('api', 'h1', 'right')).toBe('verified');
    expect(counted.calls).toBe(1);
  });

  it('forgets a secret when the hash changes', async () => {
    const { counted, verifier } = countedScrypt();
    await verifier.verify('api', 'h1', 'right');
    await verifier.verify('api', 'h2', 'right');
    expect(counted.calls).toBe(2);
    await verifier.verify('api', 'h1', 'right');
    expect(counted.calls).toBe(3);
  });

  it('remembers a secret for one client only, and never a wrong one', async () => {
    const { counted, verifier } = countedScrypt();
    await verifier.verify('api', 'h1', 'right');
    await verifier.verify('other', 'h1', 'right');
    expect(await verifier.verify('api', 'h1', 'no')).toBe('wrong');
    expect(await verifier.verify('api', 'h1', 'no')).toBe('wrong');
    expect(await verifier.verify('api', 'h1', 'right')).toBe('verified');
    expect(counted.calls).toBe(4);
  });

  it('drops the client unused for longest when it remembers too many', async () => {
    const { counted, verifier } = countedScrypt();
    for (let i = 0; i < 1_024; i += 1) await verifier.verify(`c${i}`, 'h', 'right');
    await verifier.verify('c0', 'h', 'right');
    await verifier.verify('new', 'h', 'right');
    expect(counted.calls).toBe(1_025);
    await verifier.verify('c0', 'h', 'right');
    expect(counted.calls).toBe(1_025);
    await verifier.verify('c1', 'h', 'right');
    expect(counted.calls).toBe(1_026);
  });

  it('never runs more than two at once, and finishes all that wait', async () => {
    const { calls, verifier } = heldScrypt();
    const verdicts = ['a', 'b', 'c', 'd', 'e'].map((client) => verifier.verify(client, 'h', 's'));
    for (let done = 0; done < 5; done += 1) {
      await settle();
      expect(calls.length).toBe(Math.min(done + 2, 5));
      calls[done]?.finish(true);
    }
    expect(await Promise.all(verdicts)).toEqual(Array<SecretVerdict>(5).fill('verified'));
  });

  /** Finishes one after the other until `own` has its verdict; says how many were checked by then. */
  async function checkedUntil(
    own: Promise<SecretVerdict>,
    calls: { secret: string; finish: (matches: boolean) => void }[],
  ): Promise<number> {
    const done = { yet: false };
    void own.then(() => (done.yet = true));
    let checked = 0;
    for (; !done.yet && checked < calls.length; checked += 1) {
      calls[checked]?.finish(calls[checked]?.secret === 'right');
      await settle();
    }
    return checked;
  }

  const FLOODS: readonly (readonly [string, (index: number) => readonly [string, string], number])[] = [
    ['another client from one place', () => ['other', '192.0.2.9'], 4],
    ['another client from where it is itself', () => ['other', '192.0.2.1'], 4],
    ['another client from five places', (i) => ['other', `192.0.2.${10 + (i % 5)}`], 4],
    ['ten other clients', (i) => [`other-${i % 10}`, '192.0.2.9'], 14],
    ['itself from five places', (i) => ['api', `192.0.2.${10 + (i % 5)}`], 9],
    ['itself from fifty places', (i) => ['api', `198.51.100.${i % 50}`], 54],
    ['itself from every address of one network', (i) => ['api', `2001:db8::${i.toString(16)}`], 5],
  ];

  it.each(FLOODS)('has its turn soon while strangers guess at %s', async (_whom, from, most) => {
    const { calls, verifier } = heldScrypt();
    const flood = Array.from({ length: 400 }, (_, i) => verifier.verify(from(i)[0], 'h', `wrong ${i}`, from(i)[1]));
    await settle();
    const own = verifier.verify('api', 'h', 'right', '192.0.2.1');
    await settle();
    expect(await checkedUntil(own, calls)).toBeLessThanOrEqual(most);
    expect(await own).toBe('verified');
    for (let done = 0; done < calls.length; done += 1, await settle()) calls[done]?.finish(false);
    expect(new Set(await Promise.all(flood))).toEqual(new Set(['wrong', 'busy']));
  });

  it('prefers whoever has not guessed, so that those who have are waited for by none but each other', async () => {
    const { calls, verifier } = heldScrypt();
    const guess = (round: number) =>
      Array.from({ length: 50 }, (_, i) => verifier.verify('api', 'h', `wrong ${round} ${i}`, `198.51.100.${i}`));
    const first = guess(1);
    await settle();
    for (let done = 0; done < 50; done += 1, await settle()) calls[done]?.finish(false);
    await Promise.all(first);
    void guess(2);
    await settle();
    const own = verifier.verify('api', 'h', 'right', '192.0.2.1');
    await settle();
    const before = calls.length;
    for (let done = 50; !calls.some(({ secret }) => secret === 'right'); done += 1, await settle())
      calls[done]?.finish(false);
    expect(calls.length - before).toBeLessThanOrEqual(2);
    calls.find(({ secret }) => secret === 'right')?.finish(true);
    expect(await own).toBe('verified');
  });

  it('waits its turn behind what came before it from the same place, and is not turned away', async () => {
    const { calls, verifier } = heldScrypt();
    for (let i = 0; i < 60; i += 1) void verifier.verify('api', 'h', `wrong ${i}`, '192.0.2.1');
    const own = verifier.verify('api', 'h', 'right', '192.0.2.1');
    await settle();
    expect(await checkedUntil(own, calls)).toBeLessThanOrEqual(61);
    expect(await own).toBe('verified');
  });

  it('still knows a remembered secret while wrong ones flood', async () => {
    const { calls, verifier } = heldScrypt();
    const first = verifier.verify('api', 'h', 'right');
    await settle();
    calls[0]?.finish(true);
    await first;
    const flood = Array.from({ length: 20 }, (_, i) => verifier.verify('api', 'h', `wrong ${i}`));
    expect(await verifier.verify('api', 'h', 'right')).toBe('verified');
    for (let done = 1; done < 21; done += 1) {
      await settle();
      calls[done]?.finish(false);
    }
    await Promise.all(flood);
  });

  it('gives its place back when scrypt fails', async () => {
    let broken = true;
    const verifier = new SecretVerifier(async () => {
      if (broken) throw new Error('no memory');
      return true;
    });
    const failures = await Promise.allSettled([1, 2, 3, 4].map((i) => verifier.verify('api', 'h', `s${i}`)));
    expect(failures.every(({ status }) => status === 'rejected')).toBe(true);
    broken = false;
    expect(await verifier.verify('api', 'h', 's1')).toBe('verified');
  });
});

describe('what is kept of a verified secret', () => {
  class Store extends SecretMarks {
    readonly rows = new Map<string, Buffer>();
    reads = 0;
    away = false;
    override async read(clientId: string): Promise<Buffer | null> {
      this.reads += 1;
      return this.rows.get(clientId) ?? null;
    }
    override async keep(clientId: string, mark: Buffer): Promise<void> {
      if (this.away) throw new Error('read-only');
      this.rows.set(clientId, mark);
    }
  }
  const key = Buffer.alloc(32, 7);

  /** A process that begins: counts its scrypts. */
  function begun(marks: Store, under = key) {
    const counted = { calls: 0 };
    const matches = async (_hash: string, secret: string) => ((counted.calls += 1), secret.startsWith('right'));
    return { counted, verifier: new SecretVerifier(matches, { key: under, marks }) };
  }

  it('lets the next process know it without scrypt, however many guess', async () => {
    const store = new Store();
    await begun(store).verifier.verify('api', 'h', 'right');
    const { counted, verifier } = begun(store);
    expect(await verifier.verify('api', 'h', 'no')).toBe('wrong');
    expect(await verifier.verify('api', 'h', 'right')).toBe('verified');
    expect([counted.calls, store.reads]).toEqual([1, 2]);
  });

  it('holds for the client, the hash and the key that it was made with, and for no other', async () => {
    const store = new Store();
    await begun(store).verifier.verify('api', 'h', 'right');
    store.rows.set('other', store.rows.get('api') ?? Buffer.alloc(0));
    for (const [client, hash, under] of [
      ['other', 'h', key],
      ['api', 'h2', key],
      ['api', 'h', Buffer.alloc(32, 8)],
    ] as const) {
      const { counted, verifier } = begun(store, under);
      await verifier.verify(client, hash, 'right');
      expect(counted.calls).toBe(1);
    }
  });

  it.each([
    ['of another length', Buffer.alloc(3)],
    ['of zeros', Buffer.alloc(32)],
    ['empty', Buffer.alloc(0)],
  ])('lets nobody in when somebody else wrote it %s', async (_what, written) => {
    const store = new Store();
    store.rows.set('api', written);
    expect(await begun(store).verifier.verify('api', 'h', 'no')).toBe('wrong');
  });

  it('is not needed: a store that takes nothing costs a scrypt later', async () => {
    const store = new Store();
    store.away = true;
    expect(await begun(store).verifier.verify('api', 'h', 'right')).toBe('verified');
    expect(await begun(store).verifier.verify('api', 'h', 'right')).toBe('verified');
  });
});
