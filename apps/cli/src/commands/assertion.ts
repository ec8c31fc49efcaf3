import { createPrivateKey, randomUUID, sign, type JsonWebKey } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { CONFIGURED_ID, LIMITS } from '#domain/limits.js';
import { readArguments } from '../arguments.js';
import { CommandFailed, type Command } from '../command.js';
import { issuerOf } from '../issuer.js';
import { inertLine } from '../text.js';

type PrivateJwk = JsonWebKey & { readonly kid: string };

/** Prints what an agent would send with curl. Only for the keys that the embedded default made on this machine. */
export const assertion: Command = {
  name: 'assertion',
  usage: '<agent or client>',
  summary: 'print a fresh client assertion for curl, signed with a development key',
  help: [
    'Good for one call within two minutes, as `Authorization: Bearer …` or as `client_assertion=…`.',
    'Only on the embedded database, whose first start makes the keys; real agents sign with keys of their own.',
  ],
  run(args, context) {
    const [id = ''] = readArguments(args, {}, ['<agent or client>']).positionals;
    const environment = context.environment();
    if (environment.database.kind !== 'embedded')
      throw new CommandFailed('with DATABASE_URL there are no development keys; agents sign with keys of their own');
    const key = developmentKey(environment.dataDir, id);
    context.out(signAssertion(key, id, issuerOf(environment), Math.floor(Date.now() / 1000)));
    return Promise.resolve(0);
  },
};

/**
 * A client assertion (RFC 7523 section 3), ES256: `iss` = `sub` = `id`, `aud` = the issuer alone, a new `jti`, and the
 * longest life the broker takes. `key` is an EC P-256 private JWK; `nowSeconds` counts from the epoch.
 */
export function signAssertion(key: PrivateJwk, id: string, issuer: string, nowSeconds: number): string {
  const exp = nowSeconds + LIMITS.assertionLifeSecondsMax;
  const claims = { iss: id, sub: id, aud: issuer, iat: nowSeconds, exp, jti: randomUUID() };
  const content = `${encode({ alg: 'ES256', kid: key.kid })}.${encode(claims)}`;
  const privateKey = createPrivateKey({ key, format: 'jwk' });
  const signature = sign('sha256', Buffer.from(content), { key: privateKey, dsaEncoding: 'ieee-p1363' });
  return `${content}.${signature.toString('base64url')}`;
}

/** The private half that the embedded default made for `id`. Refuses with `CommandFailed` when there is none. */
export function developmentKey(dataDir: string, id: string): PrivateJwk {
  const path = join(dataDir, 'keys', `${id}.private.jwk.json`);
  try {
    // The id becomes part of a path, so its grammar comes first.
    if (CONFIGURED_ID.test(id)) return JSON.parse(readFileSync(path, 'utf8')) as PrivateJwk;
  } catch {
    throw new CommandFailed(`${id} has no readable development key (${path}); \`npm start\` makes those of the sample`);
  }
  throw new CommandFailed(`"${inertLine(id)}" is no id of an agent or client`);
}

function encode(value: object): string {
  return Buffer.from(JSON.stringify(value)).toString('base64url');
}
