import { LIMITS } from '#domain/limits.js';
import { isRefusal } from '#domain/refusal.js';
import type { RestoreVerdict } from '#escalations/recover/restore-rows.js';
import { readArguments } from '../../arguments.js';
import { CommandFailed, UsageError, type Command } from '../../command.js';
import { withDatabase } from '../../database.js';

/** Lets go of what a restore holds. */
export const restoreReview: Command = {
  usage: '--end | --keep [--note TEXT]',
  help: [
    '  --end        every grant from before the restore ends (restored); agents ask again',
    '  --keep       they count again until their own end; revoke first those that should not',
    '  --note TEXT  why, for the history, up to 500 characters',
  ],
  async run(args, context) {
    const { values } = readArguments(args, {
      end: { type: 'boolean' },
      keep: { type: 'boolean' },
      note: { type: 'string' },
    });
    if ((values.end === true) === (values.keep === true)) throw new UsageError('say either --end or --keep');
    const verdict: RestoreVerdict = values.end === true ? 'end' : 'keep';
    const note = values.note?.trim() ?? '';
    if ([...note].length > LIMITS.reviewNoteLengthMax)
      throw new UsageError(`--note may have ${LIMITS.reviewNoteLengthMax} characters`);
    await withDatabase(context.environment(), async ({ restores }) => {
      const done = await restores.review(verdict, note === '' ? null : note, context.actor);
      if (isRefusal(done)) throw new CommandFailed('no restore waits for a review');
      context.out(
        verdict === 'end'
          ? `restore ${done.id} is reviewed: every grant from before it has ended`
          : `restore ${done.id} is reviewed: the grants from before it count again`,
      );
    });
    return 0;
  },
};
