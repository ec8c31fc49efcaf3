import { createPrivateKey, createPublicKey, generateKeyPairSync, type KeyObject } from 'node:crypto';

const [publicKeyEncoding, privateKeyEncoding] = [
  { type: 'spki', format: 'der' },
  { type: 'pkcs8', format: 'der' },
] as const;

/** A fresh pair on P-256, or of RSA. Read back from its bytes: Node may hang while it exports the very key that it made. */
export function keyPair(kind: 'ec' | 'rsa' = 'ec'): { readonly publicKey: KeyObject; readonly privateKey: KeyObject } {
  const { publicKey, privateKey } =
    kind === 'ec'
      ? generateKeyPairSync('ec', { namedCurve: 'P-256', publicKeyEncoding, privateKeyEncoding })
      : generateKeyPairSync('rsa', { modulusLength: 2_048, publicKeyEncoding, privateKeyEncoding });
  return {
    publicKey: createPublicKey({ key: publicKey, type: 'spki', format: 'der' }),
    privateKey: createPrivateKey({ key: privateKey, type: 'pkcs8', format: 'der' }),
  };
}
