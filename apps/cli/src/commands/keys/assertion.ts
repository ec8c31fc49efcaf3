import { createPrivateKey, randomUUID, sign } from 'node:crypto';
import { existsSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { LIMITS } from '#domain/limits.js';
import { explainToken } from '#identity/agents/explain-token.js';
import type { PrivateJwk } from '#platform/config/catalog/key-pair.js';
import { configFolder, readArguments } from '../../arguments.js';
import { CommandFailed, type Command, type CommandContext } from '../../command.js';
import { readToCheck } from '../../configuration.js';
import { issuerOf } from '../../issuer.js';
import { agentId, readKeyFile } from '../../key-files.js';
import { count, inertLine } from '../../text.js';

const OPTIONS = {
  key: { type: 'string' },
  explain: { type: 'string' },
  config: { type: 'string' },
  issuer: { type: 'string' },
} as const;

/** Prints what an agent would send with curl, or says what is wrong with what it did send. */
export const assertion: Command = {
  usage: '<agent or client> [--key FILE] | --explain <jwt>',
  help: [
    'Good for one call within two minutes, as `Authorization: Bearer …` or as `client_assertion=…`.',
    'Without --key it is signed with the development key that the first start on the embedded database made.',
    '',
    '  --key FILE     sign with this private JWK, as `writ keygen` writes it; with any database',
    '  --explain JWT  judge an assertion or workload token check by check, on this machine alone; - reads it unseen',
    '  --config DIR   folder with writ.yaml (WRIT_CONFIG)',
    '  --issuer URL   how the broker is called, where the environment does not say it',
    '',
    'Exit code 1 when a check fails. The token itself is not printed, nor sent anywhere.',
  ],
  async run(args, context) {
    const explains = args.some((word) => word === '--explain' || word.startsWith('--explain='));
    const { values, positionals } = readArguments(args, OPTIONS, explains ? [] : ['<agent or client>']);
    if (values.explain !== undefined) return explain(values.explain, values, context);
    const id = agentId(positionals[0] ?? '');
    const environment = context.environment();
    if (values.key === undefined && environment.database.kind !== 'embedded')
      throw new CommandFailed('with DATABASE_URL there are no development keys: give the agent’s own with --key FILE');
    const key =
      values.key === undefined
        ? developmentKey(environment.dataDir, id)
        : readKeyFile(resolve(context.cwd, values.key));
    context.out(signAssertion(key, id, values.issuer ?? issuerOf(environment), Math.floor(Date.now() / 1000)));
    return 0;
  },
};

const MARKS = { holds: 'ok     ', fails: 'FAILS  ', unknown: '?      ' };

async function explain(
  given: string,
  { config, issuer }: { readonly config?: string; readonly issuer?: string },
  context: CommandContext,
): Promise<number> {
  const token = (given === '-' ? await context.askSecret() : given).trim();
  const environment = context.environment();
  const { catalog } = readToCheck(environment, configFolder(config, context));
  const known = issuer ?? issuerOf(environment);
  const checks = await explainToken(token, { catalog, issuer: known, nowSeconds: Date.now() / 1000 });
  for (const { name, verdict, words } of checks) context.out(inertLine(`${MARKS[verdict]}${name.padEnd(13)}${words}`));
  const failed = checks.filter(({ verdict }) => verdict === 'fails').length;
  context.out(
    failed === 0 ? 'nothing here speaks against it' : `the broker refuses it: ${count(failed, 'check')} fail`,
  );
  return failed === 0 ? 0 : 1;
}

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
  // The id becomes part of a path, so its grammar comes first.
  const path = join(dataDir, 'keys', `${agentId(id)}.private.jwk.json`);
  if (existsSync(path)) return readKeyFile(path);
  throw new CommandFailed(
    `${id} has no development key (${path}): \`npm start\` makes those of the sample; --key names another`,
  );
}

function encode(value: object): string {
  return Buffer.from(JSON.stringify(value)).toString('base64url');
}
