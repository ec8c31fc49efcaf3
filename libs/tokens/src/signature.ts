import { sign, verify } from 'node:crypto';
import type { SigningAlg } from './ports.js';
import type { SigningKey, VerificationKey } from './signing-key.js';

/** Both algorithms hash with SHA-256; ECDSA signatures are R || S (RFC 7518 section 3.4), ignored for RSA. */
const SIGNATURE_FORM = 'ieee-p1363';
const SIGNATURE_BYTES: Record<SigningAlg, number> = { ES256: 64, RS256: 256 };
/** The order of P-256's group (SEC 2): with S, its negative in this group verifies too. */
const P256_ORDER = 0xffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551n;
const S_BYTES = 32;

/** A compact JWS over this text. Of the two signatures that ES256 has for it, always the one with the lower S. */
export function signCompact(signingInput: string, key: SigningKey): string {
  const signature = sign('sha256', Buffer.from(signingInput), { key: key.privateKey, dsaEncoding: SIGNATURE_FORM });
  return `${signingInput}.${(key.alg === 'ES256' ? lowered(signature) : signature).toString('base64url')}`;
}

export function signatureHolds(signingInput: string, signature: Buffer, key: VerificationKey): boolean {
  if (signature.length !== SIGNATURE_BYTES[key.alg]) return false;
  return verify('sha256', Buffer.from(signingInput), { key: key.publicKey, dsaEncoding: SIGNATURE_FORM }, signature);
}

/** False for the twin of a signature that `signCompact` makes. */
export function isCanonicalSignature(alg: SigningAlg, signature: Buffer): boolean {
  return alg !== 'ES256' || sOf(signature) <= P256_ORDER / 2n;
}

function lowered(signature: Buffer): Buffer {
  if (isCanonicalSignature('ES256', signature)) return signature;
  const s = (P256_ORDER - sOf(signature)).toString(16).padStart(2 * S_BYTES, '0');
  return Buffer.concat([signature.subarray(0, S_BYTES), Buffer.from(s, 'hex')]);
}

function sOf(signature: Buffer): bigint {
  return BigInt(`0x${signature.subarray(S_BYTES).toString('hex')}`);
}
