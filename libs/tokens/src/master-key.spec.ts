import { randomBytes } from 'node:crypto';
import { describe, expect, it } from '@jest/globals';
import { deriveKey, unwrapPrivateKey, wrapPrivateKey, type KeyLabel } from './master-key.js';

const master = Buffer.alloc(32, 7);
const wrapKey = deriveKey(master, 'wrap');
const secret = Buffer.from('the private half');

describe('sub-keys', () => {
  it('differ by label and by master key, and are the same each time', () => {
    const labels: KeyLabel[] = ['wrap', 'mac', 'deferral', 'cursor', 'secret-cache'];
    const keys = [master, Buffer.alloc(32, 8)].flatMap((key) => labels.map((label) => deriveKey(key, label)));
    expect(new Set(keys.map((key) => key.toString('hex'))).size).toBe(10);
    expect(deriveKey(master, 'mac')).toEqual(deriveKey(master, 'mac'));
  });

  it('are refused from a master key that is not 32 bytes', () => {
    expect(() => deriveKey(Buffer.alloc(16), 'wrap')).toThrow(RangeError);
  });
});

describe('a wrapped private key', () => {
  const wrapped = wrapPrivateKey(wrapKey, 'kid-1', secret, randomBytes);

  it('opens under the key and the kid it was wrapped with, and shows nothing of itself', () => {
    expect(unwrapPrivateKey(wrapKey, 'kid-1', wrapped)).toEqual(secret);
    expect(Buffer.from(wrapped, 'base64url').includes(secret)).toBe(false);
    expect(wrapPrivateKey(wrapKey, 'kid-1', secret, randomBytes)).not.toBe(wrapped);
  });

  it('does not open under another kid or another master key', () => {
    expect(unwrapPrivateKey(wrapKey, 'kid-2', wrapped)).toBeNull();
    expect(unwrapPrivateKey(deriveKey(Buffer.alloc(32, 8), 'wrap'), 'kid-1', wrapped)).toBeNull();
  });

  it('does not open with any bit of any byte flipped', () => {
    const sealed = Buffer.from(wrapped.slice(3), 'base64url');
    for (let byte = 0; byte < sealed.length; byte += 1) {
      const forged = Buffer.from(sealed);
      forged[byte] = (forged[byte] ?? 0) ^ (1 << (byte % 8));
      expect(unwrapPrivateKey(wrapKey, 'kid-1', `v1.${forged.toString('base64url')}`)).toBeNull();
    }
  });

  it.each(['', 'v1', 'v1.', 'v1.AAAA', wrapped.slice(0, -4), `v2${wrapped.slice(2)}`, `${wrapped}.x`, `${wrapped}=`])(
    'does not open as %s',
    (text) => {
      expect(unwrapPrivateKey(wrapKey, 'kid-1', text)).toBeNull();
    },
  );
});
