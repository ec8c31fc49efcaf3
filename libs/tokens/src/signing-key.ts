import { createHash, createPrivateKey, createPublicKey, generateKeyPair, type KeyObject } from 'node:crypto';
import { promisify } from 'node:util';
import { canonicalJson } from '#domain/authority/canonical-json.js';
import { unwrapPrivateKey, wrapPrivateKey, type RandomBytes } from './master-key.js';
import type { PublicJwk, SigningAlg, SigningKeyRow } from './ports.js';

/** A key that signs, opened and ready. */
export interface SigningKey {
  readonly kid: string;
  readonly alg: SigningAlg;
  readonly privateKey: KeyObject;
}

/** A key that verifies. Its algorithm comes from here, never from a token's header. */
export interface VerificationKey {
  readonly kid: string;
  readonly alg: SigningAlg;
  readonly publicKey: KeyObject;
}

/** A stored key with its opened halves. */
export interface OpenedKey extends SigningKey, VerificationKey {
  readonly row: SigningKeyRow;
  readonly publicJwk: PublicJwk;
}

const RSA_BITS = 2048;
/** As bytes: while Node exports as JWK a key that it has made, a collection of what made it waits for ever for the same lock. */
const [publicKeyEncoding, privateKeyEncoding] = [
  { type: 'spki', format: 'der' },
  { type: 'pkcs8', format: 'der' },
] as const;
const generate = promisify(generateKeyPair);

/** One thumbprint in 64 begins with a dash and would be read as an option on the command line that declares it compromised. */
async function generateNameable(alg: SigningAlg): Promise<{ publicJwk: PublicJwk; pkcs8: Buffer }> {
  for (;;) {
    const { publicKey, privateKey } =
      alg === 'ES256'
        ? await generate('ec', { namedCurve: 'P-256', publicKeyEncoding, privateKeyEncoding })
        : await generate('rsa', { modulusLength: RSA_BITS, publicKeyEncoding, privateKeyEncoding });
    const publicJwk = publicJwkOf(createPublicKey({ key: publicKey, type: 'spki', format: 'der' }));
    if (!thumbprintOf(publicJwk).startsWith('-')) return { publicJwk, pkcs8: privateKey };
  }
}

/**
 * Makes a new key of `alg`, active at once, its private half wrapped.
 * @param wrapKey the sub-key `wrap`
 */
export async function generateSigningKey(
  alg: SigningAlg,
  wrapKey: Uint8Array,
  random: RandomBytes,
  now: Date,
): Promise<SigningKeyRow> {
  const { publicJwk, pkcs8 } = await generateNameable(alg);
  const kid = thumbprintOf(publicJwk);
  return {
    kid,
    alg,
    publicJwk,
    wrappedPrivate: wrapPrivateKey(wrapKey, kid, pkcs8, random),
    activeFrom: now,
    retiredAt: null,
    compromisedAt: null,
    lastTokenEnd: null,
  };
}

/**
 * Opens a stored key. The public half is derived from the wrapped private one and must hash to the kid: a row written
 * by someone without the master key is no key, whatever public half it shows.
 * @returns `null` when the row does not open, or is not of its kid and algorithm: one odd row is no fault of the others
 */
export function openSigningKey(row: SigningKeyRow, wrapKey: Uint8Array): OpenedKey | null {
  const opened = opensAsKey(row, wrapKey);
  return opened === null ? null : { ...opened, row };
}

/** The key in a row, `null` when there is none of ours in it. */
export function opensAsKey(
  row: Pick<SigningKeyRow, 'kid' | 'alg' | 'wrappedPrivate'>,
  wrapKey: Uint8Array,
): Omit<OpenedKey, 'row'> | null {
  try {
    return keyIn(row, wrapKey);
  } catch {
    return null;
  }
}

function keyIn(
  row: Pick<SigningKeyRow, 'kid' | 'alg' | 'wrappedPrivate'>,
  wrapKey: Uint8Array,
): Omit<OpenedKey, 'row'> | null {
  const pkcs8 = unwrapPrivateKey(wrapKey, row.kid, row.wrappedPrivate);
  if (pkcs8 === null) return null;
  const privateKey = createPrivateKey({ key: pkcs8, format: 'der', type: 'pkcs8' });
  const publicKey = createPublicKey(privateKey);
  const publicJwk = publicJwkOf(publicKey);
  const fits = thumbprintOf(publicJwk) === row.kid && (row.alg === 'ES256') === (publicJwk.kty === 'EC');
  return fits ? { kid: row.kid, alg: row.alg, publicJwk, privateKey, publicKey } : null;
}

/** The RFC 7638 thumbprint: SHA-256 over the required members in canonical form, base64url. */
export function thumbprintOf(jwk: PublicJwk): string {
  return createHash('sha256').update(canonicalJson(jwk), 'utf8').digest('base64url');
}

function publicJwkOf(publicKey: KeyObject): PublicJwk {
  const { kty, x, y, n, e } = publicKey.export({ format: 'jwk' });
  if (kty === 'EC' && x && y) return { kty, crv: 'P-256', x, y };
  if (kty === 'RSA' && n && e) return { kty, n, e };
  throw new TypeError('a key that is neither P-256 nor RSA');
}
