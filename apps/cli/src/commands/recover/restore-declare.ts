import { instant } from '#domain/instant.js';
import { readArguments } from '../../arguments.js';
import type { Command } from '../../command.js';
import { withDatabase } from '../../database.js';

/** Says that the database was put back to an earlier state. */
export const restoreDeclare: Command = {
  usage: '',
  help: [
    'Nothing is minted and no token counts from then on; requests that wait for people are cancelled, sessions end.',
    'A broker that still has its data folder declares by itself what it misses in the database.',
  ],
  async run(args, context) {
    readArguments(args, {});
    await withDatabase(context.environment(), async ({ restores, restoreReader }) => {
      const epoch = await restores.declare('declared', context.actor);
      context.out(`restore ${epoch.id} is declared as of ${instant(epoch.declaredAt)}`);
      context.remark(`${await restoreReader.openGrants()} grants are held; look at them with writ grants list, then:`);
      context.remark('writ restore review --end   ends them all (or --keep, when none of them can have ended since)');
    });
    return 0;
  },
};
