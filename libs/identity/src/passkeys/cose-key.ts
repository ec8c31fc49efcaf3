import { webAuthnHelpers } from './webauthn-library.js';

/** COSE algorithms (RFC 9053) that passkeys may use here: ES256, EdDSA, RS256. */
export const PASSKEY_ALGORITHMS = [-7, -8, -257];

/** Labels of COSE_Key (RFC 9052 section 7); what -1 to -3 mean depends on the type. */
const LABEL = { kty: 1, alg: 3, first: -1, second: -2, third: -3 } as const;
const OKP = 1;
const EC2 = 2;
const RSA = 3;
const P256 = 1;
const ED25519 = 6;

/** A passkey's public key as a JWK (RFC 7517): what a verifier without CBOR reads. `null` for a kind not accepted here. */
export async function coseToJwk(cose: Uint8Array): Promise<Record<string, string> | null> {
  const { decodeCredentialPublicKey } = await webAuthnHelpers();
  const key = decodeCredentialPublicKey(Uint8Array.from(cose)) as unknown as ReadonlyMap<number, unknown>;
  const bytes = (label: number): string | null => {
    const value = key.get(label);
    return value instanceof Uint8Array ? Buffer.from(value).toString('base64url') : null;
  };
  const [first, second, third] = [bytes(LABEL.first), bytes(LABEL.second), bytes(LABEL.third)];
  const is = (kty: number, alg: number): boolean => key.get(LABEL.kty) === kty && key.get(LABEL.alg) === alg;
  if (is(EC2, -7) && key.get(LABEL.first) === P256 && second !== null && third !== null)
    return { kty: 'EC', crv: 'P-256', x: second, y: third };
  if (is(OKP, -8) && key.get(LABEL.first) === ED25519 && second !== null)
    return { kty: 'OKP', crv: 'Ed25519', x: second };
  if (is(RSA, -257) && first !== null && second !== null) return { kty: 'RSA', n: first, e: second };
  return null;
}
