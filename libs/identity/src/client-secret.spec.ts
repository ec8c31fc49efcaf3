import { describe, expect, it } from '@jest/globals';
import { hashSecret, isSecretHash, SecretVerifier, type SecretVerdict } from './client-secret.js';

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

  it('lets one client’s wrong secrets wait four at a time, so that another’s right one soon has its turn', async () => {
    const { calls, verifier } = heldScrypt();
    const flood = Array.from({ length: 100 }, (_, i) => verifier.verify('api', 'h', `wrong ${i}`));
    const other = verifier.verify('other', 'h', 'right');
    for (let done = 0; done < 5; done += 1) {
      await settle();
      calls[done]?.finish(calls[done]?.secret === 'right');
    }
    expect(await other).toBe('verified');
    const verdicts = await Promise.all(flood);
    expect(verdicts.filter((verdict) => verdict === 'wrong')).toHaveLength(4);
    expect(verdicts.filter((verdict) => verdict === 'busy')).toHaveLength(96);
    expect(calls).toHaveLength(5);
  });

  it('lets those who guess at one client from elsewhere not keep it from its first authentication', async () => {
    const { calls, verifier } = heldScrypt();
    const flood = Array.from({ length: 20 }, (_, i) => verifier.verify('api', 'h', `wrong ${i}`, '192.0.2.9'));
    const own = verifier.verify('api', 'h', 'right', '192.0.2.1');
    for (let done = 0; done < 5; done += 1) {
      await settle();
      calls[done]?.finish(calls[done]?.secret === 'right');
    }
    expect(await own).toBe('verified');
    expect((await Promise.all(flood)).filter((verdict) => verdict === 'busy')).toHaveLength(16);
  });

  it('still knows a remembered secret while wrong ones flood', async () => {
    const { calls, verifier } = heldScrypt();
    const first = verifier.verify('api', 'h', 'right');
    await settle();
    calls[0]?.finish(true);
    await first;
    const flood = Array.from({ length: 20 }, (_, i) => verifier.verify('api', 'h', `wrong ${i}`));
    expect(await verifier.verify('api', 'h', 'right')).toBe('verified');
    for (let done = 1; done < 5; done += 1) {
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
