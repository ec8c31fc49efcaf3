import { inflateSync } from 'node:zlib';
import { expect } from '@jest/globals';
import { createRemoteJWKSet, decodeJwt, jwtVerify } from 'jose';

/** Where a token stands: the claim `status.status_list`. */
export interface Place {
  readonly idx: number;
  readonly uri: string;
}

/** Where this token says that it stands. */
export function placeOf(jwt: string): Place {
  return (decodeJwt(jwt)['status'] as { status_list: Place }).status_list;
}

/** The bit of a token, read as a stranger reads it: verified, inflated, counted from the lowest bit. */
export async function statusBitOf(issuer: string, jwt: string): Promise<number> {
  const { idx, uri } = placeOf(jwt);
  const response = await fetch(uri, { headers: { accept: 'application/statuslist+jwt' } });
  expect([response.status, response.headers.get('content-type')]).toEqual([200, 'application/statuslist+jwt']);
  const keys = createRemoteJWKSet(new URL('/oauth/jwks', issuer));
  const { payload } = await jwtVerify(await response.text(), keys, { typ: 'statuslist+jwt', subject: uri });
  const { bits, lst } = payload['status_list'] as { bits: number; lst: string };
  expect(bits).toBe(1);
  const bytes = inflateSync(Buffer.from(lst, 'base64url'));
  expect(bytes).toHaveLength((1 << 17) / 8);
  return ((bytes[Math.floor(idx / 8)] ?? 0) >> (idx % 8)) & 1;
}
