import { randomBytes } from 'node:crypto';
import { hashSecret } from '#identity/agents/client-secret.js';
import { readArguments } from '../../arguments.js';
import type { Command } from '../../command.js';

const SECRET_BYTES = 32;
/** Below this a secret is a password, and somebody who reads writ.yaml may guess it. */
const ADVISED_LENGTH = 20;

/** Hashes a client's secret for writ.yaml. */
export const secretHash: Command = {
  usage: '[--generate]',
  help: [
    '  --generate  make a random secret and print it once, with its hash',
    '',
    'Otherwise the secret is read from standard input; on a terminal it is asked for twice and not shown.',
  ],
  async run(args, context) {
    const { values } = readArguments(args, { generate: { type: 'boolean' } });
    if (values.generate === true) {
      const secret = randomBytes(SECRET_BYTES).toString('base64url');
      context.out(`secret: ${secret}`);
      context.out(forConfiguration(await hashSecret(secret)));
      context.remark(
        'Give the secret to the client now: it is kept nowhere. The second line belongs to the client in writ.yaml.',
      );
      return 0;
    }
    const secret = await context.askSecret();
    const hash = await hashSecret(secret);
    context.out(hash);
    if (secret.length < ADVISED_LENGTH)
      context.remark('This secret is short; --generate makes one that nobody guesses.');
    context.remark(`In writ.yaml: ${forConfiguration(hash)}`);
    return 0;
  },
};

function forConfiguration(hash: string): string {
  return `auth: { secret_hash: "${hash}" }`;
}
