import { compactVerify, createLocalJWKSet, errors } from 'jose';

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
