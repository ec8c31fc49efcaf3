import { instant } from '#domain/instant.js';
import { Restores } from '#escalations/recover/restore.js';
import { PostgresRestoreReader } from '#persistence/recover/postgres-restores.js';
import { readArguments } from '../../arguments.js';
import type { Command } from '../../command.js';
import { storeOf, withDatabase } from '../../database.js';

/** Says that the database was put back to an earlier state. */
export const restoreDeclare: Command = {
  usage: '',
  help: [
    'Nothing is minted and no token counts from then on; requests that wait for people are cancelled, sessions end.',
    'A broker that still has its data folder declares by itself what it misses in the database.',
  ],
  async run(args, context) {
    readArguments(args, {});
    await withDatabase(context.environment(), async (pool, configurations, journal) => {
      const reader = new PostgresRestoreReader(pool, journal);
      const epoch = await new Restores(storeOf(pool, configurations, journal), reader).declare(
        'declared',
        context.actor,
      );
      context.out(`restore ${epoch.id} is declared as of ${instant(epoch.declaredAt)}`);
      context.remark(`${await reader.openGrants()} grants are held; look at them with writ grants list, then:`);
      context.remark('writ restore review --end   ends them all (or --keep, when none of them can have ended since)');
    });
    return 0;
  },
};
