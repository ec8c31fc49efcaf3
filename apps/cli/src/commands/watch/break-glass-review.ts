import { isId } from '#domain/ids.js';
import { LIMITS } from '#domain/limits.js';
import { isRefusal } from '#domain/refusal.js';
import { LiveRegistry } from '#escalations/judge/configuration-in-force.js';
import { readArguments } from '../../arguments.js';
import { CommandFailed, UsageError, type Command } from '../../command.js';
import { withDatabase } from '../../database.js';

/** Somebody with a hand on the broker has looked at a use of break-glass. */
export const breakGlassReview: Command = {
  usage: '<escalation> --note TEXT',
  help: ['  --note TEXT  what was found, 1 to 500 characters'],
  async run(args, context) {
    const { values, positionals } = readArguments(args, { note: { type: 'string' } }, ['<escalation>']);
    const [id = ''] = positionals;
    if (!isId('esc', id)) throw new UsageError('<escalation> must be an id such as esc_01KAMZ0000000000000000000A');
    const note = (values.note ?? '').trim();
    if (note === '' || [...note].length > LIMITS.reviewNoteLengthMax)
      throw new UsageError(`--note must have 1 to ${LIMITS.reviewNoteLengthMax} characters`);
    await withDatabase(context.environment(), async (cases) => {
      const reviews = cases.reviewBreakGlass(new LiveRegistry(cases.configurationStore));
      const done = await reviews.execute(id, context.actor, note);
      if (!isRefusal(done)) return context.out(`${id} is reviewed: ${done.use.agentId} may use break-glass again`);
      throw new CommandFailed(
        done.code === 'already_decided' ? `${id} was reviewed before` : `no break-glass was used for ${id}`,
      );
    });
    return 0;
  },
};
