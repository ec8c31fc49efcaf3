import { createHmac, createSecretKey, generateKeyPairSync, sign, type KeyObject } from 'node:crypto';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { deriveKey } from '#tokens/master-key.js';
import type { SigningKeyRow } from '#tokens/ports.js';
import { isCanonicalSignature } from '#tokens/signature.js';
import { openSigningKey, type SigningKey } from '#tokens/signing-key.js';
import type { World } from '../world/world.js';

/** A key that nobody has registered. */
export const STRANGER = generateKeyPairSync('ec', { namedCurve: 'P-256' });

/** A member, encoded: JSON of a value, or a text as it stands (for JSON that no serialiser would write). */
export function part(value: unknown): string {
  return Buffer.from(typeof value === 'string' ? value : JSON.stringify(value), 'utf8').toString('base64url');
}

/**
 * A compact JWS with any header over any payload, signed with ES256 whatever the header says. Of the two signatures that
 * there are, the one that the broker makes: a test of something else must not fail by the other.
 */
export function es256(header: unknown, payload: unknown, key: KeyObject): string {
  const input = `${part(header)}.${part(payload)}`;
  for (;;) {
    const signature = sign('sha256', Buffer.from(input), { key, dsaEncoding: 'ieee-p1363' });
    if (isCanonicalSignature('ES256', signature)) return `${input}.${signature.toString('base64url')}`;
  }
}

/** The same under a shared secret. */
export function hs256(header: unknown, payload: unknown, secret: string | Buffer): string {
  const input = `${part(header)}.${part(payload)}`;
  return `${input}.${createHmac('sha256', createSecretKey(Buffer.from(secret)))
    .update(input)
    .digest('base64url')}`;
}

/** Header and payload of a compact JWS, unverified. */
export function opened(token: string): { header: Record<string, unknown>; payload: Record<string, unknown> } {
  const [header, payload] = token
    .split('.')
    .slice(0, 2)
    .map((text) => JSON.parse(Buffer.from(text, 'base64url').toString()) as Record<string, unknown>);
  return { header: header ?? {}, payload: payload ?? {} };
}

/** The broker's own signing key, which no attacker has: with it a test shows that a signature alone is not enough. */
export async function brokersKey(world: World): Promise<SigningKey> {
  const { rows } = await world.database.pool.query<SigningKeyRow>(
    `select "kid", "alg", "wrapped_private" as "wrappedPrivate" from "signing_keys" where "alg" = 'ES256' limit 1`,
  );
  const key = rows[0] && openSigningKey(rows[0], deriveKey(Buffer.from(world.masterKey, 'base64'), 'wrap'));
  if (!key) throw new Error('the broker has no key that its master key opens');
  return key;
}

/** A listener that counts who comes to fetch. */
export interface Canary {
  readonly url: string;
  hits(): number;
  close(): Promise<void>;
}

/** Listens on loopback and serves a stranger's key to whoever asks, as an attacker's host would. */
export async function startCanary(): Promise<Canary> {
  let hits = 0;
  const server = createServer((_request, response) => {
    hits += 1;
    response.setHeader('content-type', 'application/json');
    response.end(JSON.stringify({ keys: [{ ...STRANGER.publicKey.export({ format: 'jwk' }), kid: 'canary' }] }));
  });
  server.on('connection', () => (hits += 1));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    hits: () => hits,
    close: () => new Promise((resolve) => server.close(() => resolve())),
  };
}

/** The order of P-256's group. */
const P256_ORDER = 0xffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551n;

/** The same ES256 token under the other signature that verifies: S taken from the order of the group. */
export function withOtherSignature(jwt: string): string {
  const [header, payload, signature = ''] = jwt.split('.');
  const bytes = Buffer.from(signature, 'base64url');
  const s = P256_ORDER - BigInt(`0x${bytes.subarray(32).toString('hex')}`);
  const twin = Buffer.concat([bytes.subarray(0, 32), Buffer.from(s.toString(16).padStart(64, '0'), 'hex')]);
  return `${header}.${payload}.${twin.toString('base64url')}`;
}
