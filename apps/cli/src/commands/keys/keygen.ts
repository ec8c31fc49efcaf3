import { existsSync } from 'node:fs';
import { dirname, join, relative, resolve, sep } from 'node:path';
import { makePrivateJwk, publicJwkOf } from '#platform/config/catalog/key-pair.js';
import { readArguments } from '../../arguments.js';
import { UsageError, type Command } from '../../command.js';
import { shownPath } from '../../text.js';
import { agentId, demandFree, writeKeySet, writePrivateKey } from '../../key-files.js';

const OPTIONS = { out: { type: 'string' }, 'jwks-out': { type: 'string' }, force: { type: 'boolean' } } as const;

/** Makes the key pair of an agent or client. */
export const keygen: Command = {
  usage: '<agent or client> [--out FILE] [--jwks-out FILE] [--force]',
  help: [
    '  --out FILE       where the private key goes, mode 0600 (./<agent>.key.json)',
    '  --jwks-out FILE  write the public half there as well, for `jwks_file`',
    '  --force          replace files that are there',
    '',
    'ES256 on P-256; the `kid` is the thumbprint of RFC 7638. Prints the line `auth:` for writ.yaml. Needs no broker and',
    'no database. The private key is for the agent alone: the broker never needs it.',
  ],
  run(args, context) {
    const { values, positionals } = readArguments(args, OPTIONS, ['<agent or client>']);
    const id = agentId(positionals[0] ?? '');
    const force = values.force === true;
    const privatePath = resolve(context.cwd, values.out ?? `${id}.key.json`);
    const jwksPath = values['jwks-out'] === undefined ? null : resolve(context.cwd, values['jwks-out']);
    if (privatePath === jwksPath) throw new UsageError('--out and --jwks-out must be two files');
    demandFree(privatePath, force);
    if (jwksPath !== null) demandFree(jwksPath, force);
    const key = makePrivateJwk();
    writePrivateKey(privatePath, key, force);
    if (jwksPath !== null) writeKeySet(jwksPath, key, force);
    context.out(
      jwksPath === null
        ? `auth: { jwks: { keys: [${JSON.stringify(publicJwkOf(key))}] } }`
        : `auth: { jwks_file: ${fromConfiguration(jwksPath)} }`,
    );
    context.remark(`The line above belongs to ${id} in writ.yaml; then \`writ apply\`.`);
    context.remark(`The private key is in ${shownPath(privatePath, context.cwd)} (0600): take it to where ${id} runs.`);
    return Promise.resolve(0);
  },
};

/** A `jwks_file` is named from the configuration folder: the nearest one above that holds a writ.yaml. */
function fromConfiguration(path: string): string {
  for (let folder = dirname(path); ; folder = dirname(folder)) {
    if (existsSync(join(folder, 'writ.yaml'))) return JSON.stringify(relative(folder, path).split(sep).join('/'));
    if (folder === dirname(folder)) return JSON.stringify(path);
  }
}
