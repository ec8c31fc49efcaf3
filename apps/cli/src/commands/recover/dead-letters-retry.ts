import { readArguments } from '../../arguments.js';
import { CommandFailed, UsageError, type Command } from '../../command.js';
import { withDatabase } from '../../database.js';

/** Hands failed jobs over once more; whether they are still needed they find out themselves. */
export const deadLettersRetry: Command = {
  usage: '<letter…|all>',
  help: ['  <letter…>  numbers of `dead-letters list`, or the one word all'],
  async run(args, context) {
    const { positionals } = readArguments(args, {}, ['<letter>', 'more…']);
    const all = positionals.length === 1 && positionals[0] === 'all';
    if (!all && !positionals.every((word) => /^[1-9]\d{0,17}$/.test(word)))
      throw new UsageError('<letter> must be a number of the list, or all');
    const { retried, unknown } = await withDatabase(context.environment(), ({ deadLetters }) =>
      deadLetters.retry(all ? 'all' : positionals, context.actor),
    );
    for (const { id, topic, subject } of retried) context.out(`${id}: ${topic} ${subject} is tried again`);
    for (const { id, topic } of unknown) context.remark(`${id}: this version of Writ knows no job ${topic}; it stays`);
    if (retried.length > 0) return 0;
    if (all && unknown.length === 0) {
      context.remark('There are no dead letters.');
      return 0;
    }
    throw new CommandFailed('no dead letter was tried again; writ dead-letters list shows which there are');
  },
};
