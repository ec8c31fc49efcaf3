import { createPublicKey, verify, type KeyObject } from 'node:crypto';
import { compactVerify, createLocalJWKSet, errors } from 'jose';
import { openCompactJws, type CompactJws } from '#tokens/compact-jws.js';

/** Public keys (RFC 7517) that somebody is registered with, or that a registered issuer publishes. */
export type RegisteredKeys = readonly Readonly<Record<string, unknown>>[];

/**
 * True when one of the keys signed the token. A `kid` in the header picks the key; without one each that fits by kind
 * is tried.
 * @param algorithms what is accepted; asymmetric ones only, or a public key would do as a secret
 */
export async function signatureHolds(
  token: string,
  keys: RegisteredKeys,
  algorithms: readonly string[],
): Promise<boolean> {
  const jws = openCompactJws(token);
  if (!('fault' in jws) && isPlainES256(jws) && algorithms.includes('ES256')) return es256Holds(jws, keys);
  const options = { algorithms: [...algorithms] };
  try {
    await compactVerify(token, keySetOf(keys), options);
    return true;
  } catch (error) {
    if (!(error instanceof errors.JWKSMultipleMatchingKeys)) return false;
    for await (const key of error) {
      const holds = await compactVerify(token, key, options).then(
        () => true,
        () => false,
      );
      if (holds) return true;
    }
    return false;
  }
}

const ES256_BYTES = 64;

/** What nearly all callers sign with: without the way through WebCrypto, which costs half as much again. */
function isPlainES256({ header }: CompactJws): boolean {
  return header['alg'] === 'ES256' && header['crit'] === undefined && header['b64'] === undefined;
}

function es256Holds({ header, signingInput, signature }: CompactJws, keys: RegisteredKeys): boolean {
  if (signature.length !== ES256_BYTES) return false;
  const { kid } = header;
  const text = Buffer.from(signingInput);
  return es256KeysOf(keys).some(
    (one) =>
      (typeof kid !== 'string' || one.kid === kid) &&
      verify('sha256', text, { key: one.key, dsaEncoding: 'ieee-p1363' }, signature),
  );
}

interface Es256Key {
  readonly kid: unknown;
  readonly key: KeyObject;
}
const es256Keys = new WeakMap<RegisteredKeys, readonly Es256Key[]>();

/** The public P-256 keys of a set that are for signatures by ES256. */
function es256KeysOf(keys: RegisteredKeys): readonly Es256Key[] {
  const known = es256Keys.get(keys);
  if (known !== undefined) return known;
  const made = keys.flatMap((jwk): Es256Key[] => {
    const { kty, crv, alg = 'ES256', use = 'sig', key_ops: uses = ['verify'], kid, d } = jwk;
    const fits = kty === 'EC' && crv === 'P-256' && alg === 'ES256' && use === 'sig' && d === undefined;
    if (!fits || !Array.isArray(uses) || !uses.includes('verify')) return [];
    try {
      return [{ kid, key: createPublicKey({ key: { ...jwk }, format: 'jwk' }) }];
    } catch {
      // No point of the curve: nothing that it could have signed.
      return [];
    }
  });
  es256Keys.set(keys, made);
  return made;
}

type KeySet = ReturnType<typeof createLocalJWKSet>;
/** Importing a key costs more than using it; sets live as long as the list that holds their keys. */
const keySets = new WeakMap<RegisteredKeys, KeySet>();

function keySetOf(keys: RegisteredKeys): KeySet {
  const known = keySets.get(keys);
  if (known !== undefined) return known;
  const made = createLocalJWKSet({ keys: keys.map((key) => ({ ...key })) });
  keySets.set(keys, made);
  return made;
}
