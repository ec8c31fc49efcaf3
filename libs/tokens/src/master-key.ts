import { createCipheriv, createDecipheriv, hkdfSync } from 'node:crypto';

/** What a sub-key is for. Each purpose has its own key, so a mistake in one teaches nothing about another. */
export type KeyLabel = 'wrap' | 'mac' | 'deferral' | 'cursor' | 'login' | 'secret-cache' | 'webhook' | 'high-water';

const KEY_BYTES = 32;
const NONCE_BYTES = 12;
const TAG_BYTES = 16;
const WRAP_VERSION = 'v1';

/** Cryptographic randomness as an argument: returns exactly `bytes` random bytes. */
export type RandomBytes = (bytes: number) => Uint8Array;

/**
 * The sub-key of one purpose: HKDF-SHA256 (RFC 5869), 32 bytes.
 * @param master the 32 bytes of WRIT_MASTER_KEY
 * @throws RangeError for a master key of another length
 */
export function deriveKey(master: Uint8Array, label: KeyLabel): Buffer {
  if (master.length !== KEY_BYTES) throw new RangeError('the master key is not 32 bytes');
  return Buffer.from(hkdfSync('sha256', master, Buffer.alloc(0), `writ:${label}:v1`, KEY_BYTES));
}

/**
 * Wraps a private key for storage: AES-256-GCM with the key's id as associated data, so that a wrapped key moved to
 * another row does not open there.
 * @param wrapKey the sub-key `wrap`
 * @param kid the id of the signing key
 * @param pkcs8 the private key, PKCS#8 DER
 * @returns `v1.` + base64url of nonce, ciphertext and tag
 */
export function wrapPrivateKey(wrapKey: Uint8Array, kid: string, pkcs8: Uint8Array, random: RandomBytes): string {
  const nonce = random(NONCE_BYTES);
  const cipher = createCipheriv('aes-256-gcm', wrapKey, nonce);
  cipher.setAAD(associatedData(kid));
  const sealed = Buffer.concat([nonce, cipher.update(pkcs8), cipher.final(), cipher.getAuthTag()]);
  return `${WRAP_VERSION}.${sealed.toString('base64url')}`;
}

/**
 * Opens what `wrapPrivateKey` made.
 * @returns the PKCS#8 DER bytes, or `null` when the master key, the kid or one bit of the text is not the one it was wrapped with
 */
export function unwrapPrivateKey(wrapKey: Uint8Array, kid: string, wrapped: string): Buffer | null {
  const [version, body, ...rest] = wrapped.split('.');
  if (version !== WRAP_VERSION || body === undefined || rest.length > 0) return null;
  const sealed = Buffer.from(body, 'base64url');
  if (sealed.toString('base64url') !== body || sealed.length <= NONCE_BYTES + TAG_BYTES) return null;
  const decipher = createDecipheriv('aes-256-gcm', wrapKey, sealed.subarray(0, NONCE_BYTES), {
    authTagLength: TAG_BYTES,
  });
  decipher.setAAD(associatedData(kid));
  decipher.setAuthTag(sealed.subarray(-TAG_BYTES));
  try {
    return Buffer.concat([decipher.update(sealed.subarray(NONCE_BYTES, -TAG_BYTES)), decipher.final()]);
  } catch {
    return null;
  }
}

function associatedData(kid: string): Buffer {
  return Buffer.from(`writ:signing-key:${WRAP_VERSION}:${kid}`, 'utf8');
}
