import { isRefusal } from '#domain/refusal.js';
import { endWords } from '#domain/words/end-words.js';
import { grantState } from '#escalations/state-now.js';
import { readArguments, readGrantId, readReason } from '../../arguments.js';
import { CommandFailed, UsageError, type Command } from '../../command.js';
import { withDatabase } from '../../database.js';

/** Ends one grant now. */
export const grantsRevoke: Command = {
  usage: '<id> --reason TEXT',
  help: ['  --reason TEXT  kept in the history, 1 to 500 characters'],
  async run(args, context) {
    const { values, positionals } = readArguments(args, { reason: { type: 'string' } }, ['<id>']);
    const id = readGrantId(positionals[0]);
    const reason = readReason(values.reason);
    if (reason === null) throw new UsageError('--reason is missing');
    await withDatabase(context.environment(), async ({ store, revokeGrant }) => {
      const found = await store.read.grants.byId(id);
      const before = found === null ? null : grantState(found.grant, found.now);
      const done = await revokeGrant.execute(id, context.actor, 'revoked_by_person', reason);
      if (isRefusal(done) || before === null) throw new CommandFailed(`there is no grant ${id}`);
      const after = grantState(done.grant, done.now);
      const { status, endReason } = after;
      const why = endReason === null ? '(no reason kept)' : `(${endReason}): ${endWords(endReason)}`;
      context.out(`${id} ${before.endedAt === null ? 'is' : 'had ended already:'} ${status} ${why}`);
    });
    return 0;
  },
};
