import {
  createHash,
  createPrivateKey,
  createPublicKey,
  generateKeyPairSync,
  type JsonWebKey,
  type KeyObject,
} from 'node:crypto';

/** An ES256 key by which somebody signs assertions, private half included. */
export type PrivateJwk = JsonWebKey & { readonly kid: string };

/**
 * Makes an EC P-256 key pair, as its private JWK. It is read back from its bytes: while Node exports as JWK a key that it
 * has made, a collection of what made it waits for ever for the same lock.
 */
export function makePrivateJwk(): PrivateJwk {
  const { privateKey } = generateKeyPairSync('ec', {
    namedCurve: 'P-256',
    publicKeyEncoding: { type: 'spki', format: 'der' },
    privateKeyEncoding: { type: 'pkcs8', format: 'der' },
  });
  return privateJwkOf(createPrivateKey({ key: privateKey, type: 'pkcs8', format: 'der' }));
}

/** Reads a private JWK on P-256; a `kid` of its own stays. `null` for anything else. */
export function readPrivateJwk(text: string): PrivateJwk | null {
  try {
    const given = JSON.parse(text) as JsonWebKey & { readonly kid?: unknown };
    const key = privateJwkOf(createPrivateKey({ key: given, format: 'jwk' }));
    if (key['crv'] !== 'P-256') return null;
    return typeof given.kid === 'string' ? { ...key, kid: given.kid } : key;
  } catch {
    return null;
  }
}

/** The half that `writ.yaml` may hold, with the same labels. */
export function publicJwkOf({ kid, ...key }: PrivateJwk): JsonWebKey {
  return { ...createPublicKey({ key, format: 'jwk' }).export({ format: 'jwk' }), kid, alg: 'ES256', use: 'sig' };
}

/** `kid` is the thumbprint of RFC 7638, so both halves agree on it whichever was written first. */
function privateJwkOf(key: KeyObject): PrivateJwk {
  const { crv, kty, x, y } = createPublicKey(key).export({ format: 'jwk' });
  const kid = createHash('sha256').update(JSON.stringify({ crv, kty, x, y })).digest('base64url');
  return { ...key.export({ format: 'jwk' }), kid, alg: 'ES256', use: 'sig' };
}
