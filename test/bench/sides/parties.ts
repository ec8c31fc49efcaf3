import { randomBytes, randomUUID, sign, type KeyObject } from 'node:crypto';
import { keyPair } from '../../harness/world/key-pair.js';

/** Somebody who asks, at either side: each has keys of its own. */
export interface Party {
  readonly id: string;
  readonly kid: string;
  readonly privateKey: KeyObject;
  readonly publicJwk: Record<string, unknown>;
}

export const ASSERTION_TYPE = 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer';

/** @returns so many agents, known to both sides */
export function makeParties(count: number): Party[] {
  return Array.from({ length: count }, (_, index) => {
    const { publicKey, privateKey } = keyPair();
    const kid = randomBytes(6).toString('hex');
    const publicJwk = { ...publicKey.export({ format: 'jwk' }), kid, alg: 'ES256', use: 'sig' };
    return { id: `bench-${String(index + 1).padStart(2, '0')}`, kid, privateKey, publicJwk };
  });
}

/** An assertion of two minutes, signed at once: a cell is signed for before its clock runs. */
export function assertionOf({ id, kid, privateKey }: Party, audience: string): string {
  const now = Math.floor(Date.now() / 1000);
  const claims = { iss: id, sub: id, aud: audience, iat: now, exp: now + 120, jti: randomUUID() };
  const signed = `${encoded({ alg: 'ES256', kid })}.${encoded(claims)}`;
  const signature = sign('sha256', Buffer.from(signed), { key: privateKey, dsaEncoding: 'ieee-p1363' });
  return `${signed}.${signature.toString('base64url')}`;
}

export function basic(id: string, secret: string): { authorization: string } {
  return { authorization: `Basic ${Buffer.from(`${id}:${secret}`).toString('base64')}` };
}

function encoded(value: unknown): string {
  return Buffer.from(JSON.stringify(value)).toString('base64url');
}
