import { isRefusal } from '#domain/refusal.js';
import { SWEPT_AT_ONCE } from '#escalations/end/close-overdue.js';
import { readArguments, readReason } from '../../arguments.js';
import { CommandFailed, UsageError, type Command } from '../../command.js';
import { withKeys } from '../../keys.js';
import { count, inertLine } from '../../text.js';

/** The emergency stop for one signing key. */
export const keysCompromise: Command = {
  usage: '<kid> --reason TEXT',
  help: ['  --reason TEXT  kept in the history, 1 to 500 characters', '  A compromise cannot be taken back.'],
  async run(args, context) {
    const { values, positionals } = readArguments(args, { reason: { type: 'string' } }, ['<kid>']);
    const [kid = ''] = positionals;
    const reason = readReason(values.reason);
    if (reason === null) throw new UsageError('--reason is missing');
    await withKeys(context.environment(), async (cases, maker) => {
      const done = await cases.compromiseKey(maker).execute(kid, context.actor, reason);
      if (isRefusal(done))
        throw new CommandFailed(`there is no signing key "${inertLine(kid)}"; writ keys list shows them`);
      context.out(
        done.changed ? `${kid} is compromised: its tokens count no more` : `${kid} was declared compromised already`,
      );
      if (done.successor !== null) context.out(`${done.successor} signs from now on`);
      // Already true for every reader; this writes it down now. The sweeper of a worker does what remains.
      const { closeOverdue } = cases;
      let written = 0;
      for (let ended = 1; ended > 0; written += ended) ({ ended } = await closeOverdue.sweep(SWEPT_AT_ONCE));
      context.remark(`${count(written, 'end')} of grants and requests written`);
    });
    return 0;
  },
};
