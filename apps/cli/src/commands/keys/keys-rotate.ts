import { instant } from '#domain/instant.js';
import { isRefusal } from '#domain/refusal.js';
import { PUBLICATION_LEAD_SECONDS } from '#escalations/keys/rotate-keys.js';
import type { SigningAlg } from '#escalations/keys/signing-keys.js';
import { readArguments, readChoice } from '../../arguments.js';
import { CommandFailed, UsageError, type Command } from '../../command.js';
import { withKeys } from '../../keys.js';

const LEAD_SECONDS_MAX = 7 * 24 * 3_600;

/** Brings in the next signing key without a moment in which a good token fails. */
export const keysRotate: Command = {
  usage: '[--alg ES256|RS256] [--after SECONDS | --now]',
  help: [
    '  --alg ALG        whose key, ES256 (the default) or RS256',
    `  --after SECONDS  from publication to first use, ${PUBLICATION_LEAD_SECONDS} unless told`,
    '  --now            the same as --after 0: verifiers that cache the key set may refuse tokens until they read it again',
  ],
  async run(args, context) {
    const { values } = readArguments(args, {
      alg: { type: 'string' },
      after: { type: 'string' },
      now: { type: 'boolean' },
    });
    const alg = (readChoice('--alg', values.alg, ['ES256', 'RS256']) ?? 'ES256') as SigningAlg;
    if (values.now === true && values.after !== undefined) throw new UsageError('--now and --after exclude each other');
    const lead = values.now === true ? 0 : readLead(values.after);
    await withKeys(context.environment(), async (cases, maker) => {
      const done = await cases.rotateKeys(maker).execute(alg, lead, context.actor);
      if (isRefusal(done)) throw new CommandFailed(done.detail);
      context.out(`${done.kid} is published and signs from ${instant(done.activeFrom)}`);
      for (const kid of done.retiring) {
        context.out(`${kid} signs until then and stays published until its last token has ended`);
      }
    });
    return 0;
  },
};

function readLead(text: string | undefined): number {
  if (text === undefined) return PUBLICATION_LEAD_SECONDS;
  if (!/^\d{1,6}$/.test(text) || Number(text) > LEAD_SECONDS_MAX) {
    throw new UsageError(`--after must be a number of seconds from 0 to ${LEAD_SECONDS_MAX}`);
  }
  return Number(text);
}
