import { createPrivateKey, randomUUID, sign, type JsonWebKey } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { CONFIGURED_ID, LIMITS } from '#domain/limits.js';

/** Life of a printed assertion: the longest the broker takes, so that a person has time to paste it. */
const LIFE_SECONDS = LIMITS.assertionLifeSecondsMax;

/** There is no development key to sign with, or it cannot be read. */
export class NoDevelopmentKey extends Error {
  constructor(id: string, path: string) {
    super(
      `${id} has no development key (${path}). They are made by \`npm start\` on the embedded database, for the agents and clients of writ.yaml that name keys/<id>.jwks.json.`,
    );
    this.name = 'NoDevelopmentKey';
  }
}

/**
 * A fresh client assertion (RFC 7523 section 3) of an agent or client, signed ES256 with its development key: for curl
 * by hand, valid for two minutes, good for one call. Refuses with `NoDevelopmentKey`.
 * @param dataDir the broker's data folder, which holds `keys/<id>.private.jwk.json`
 * @param issuer the broker's issuer, the assertion's only audience
 * @param nowSeconds epoch seconds
 */
export function developmentAssertion(dataDir: string, issuer: string, id: string, nowSeconds: number): string {
  const path = join(dataDir, 'keys', `${id}.private.jwk.json`);
  const jwk = CONFIGURED_ID.test(id) ? readKey(path) : null;
  if (jwk === null) throw new NoDevelopmentKey(id, path);
  const header = { alg: 'ES256', kid: jwk.kid };
  const claims = { iss: id, sub: id, aud: issuer, iat: nowSeconds, exp: nowSeconds + LIFE_SECONDS, jti: randomUUID() };
  const content = `${encode(header)}.${encode(claims)}`;
  const key = createPrivateKey({ key: jwk, format: 'jwk' });
  return `${content}.${sign('sha256', Buffer.from(content), { key, dsaEncoding: 'ieee-p1363' }).toString('base64url')}`;
}

function readKey(path: string): (JsonWebKey & { kid?: string }) | null {
  try {
    return JSON.parse(readFileSync(path, 'utf8')) as JsonWebKey & { kid?: string };
  } catch {
    return null;
  }
}

function encode(value: object): string {
  return Buffer.from(JSON.stringify(value)).toString('base64url');
}
