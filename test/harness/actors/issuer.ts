import { randomBytes, type KeyObject } from 'node:crypto';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { SignJWT } from 'jose';
import { keyPair } from '../world/key-pair.js';

/** Somebody's cluster or SPIFFE server: keys over plain HTTP on loopback, and tokens signed by hand. */
export interface TestIssuer {
  readonly jwksUri: string;
  /** How often anything of it was fetched. */
  fetches(): number;
  /** A new key signs and is published from now on; the old one is published no more. */
  rotate(): void;
  sign(claims: Record<string, unknown>, header?: Record<string, unknown>): Promise<string>;
  close(): Promise<void>;
}

interface Key {
  readonly kid: string;
  readonly privateKey: KeyObject;
  readonly jwk: Record<string, unknown>;
}

/** Starts an issuer. @param more members of its published keys, such as `use` */
export async function startIssuer(more: Record<string, unknown> = {}): Promise<TestIssuer> {
  let key = makeKey();
  let fetches = 0;
  const server = createServer((_request, response) => {
    fetches += 1;
    response.setHeader('content-type', 'application/json');
    response.end(JSON.stringify({ keys: [{ ...key.jwk, ...more }] }));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return {
    jwksUri: `http://127.0.0.1:${port}/openid/v1/jwks`,
    fetches: () => fetches,
    rotate: () => void (key = makeKey()),
    sign: (claims, header = {}) =>
      new SignJWT(claims).setProtectedHeader({ alg: 'RS256', kid: key.kid, ...header }).sign(key.privateKey),
    close: async () => {
      server.closeAllConnections();
      await new Promise<void>((resolve) => server.close(() => resolve()));
    },
  };
}

function makeKey(): Key {
  const { publicKey, privateKey } = keyPair('rsa');
  const kid = randomBytes(6).toString('hex');
  return { kid, privateKey, jwk: { ...publicKey.export({ format: 'jwk' }), kid } };
}
