import { instant } from '#domain/instant.js';
import type { RestoreEpoch } from '#escalations/recover/restore-rows.js';
import { readArguments } from '../../arguments.js';
import type { Command } from '../../command.js';
import { withDatabase } from '../../database.js';
import { inertLine, jsonText, table } from '../../text.js';

const SHOWN_MAX = 50;

/** The restores of this database, and whether one holds everything. */
export const restoreStatus: Command = {
  usage: '[--json]',
  help: ['  --json  print {"held", "open_grants", "items"} instead of a table'],
  async run(args, context) {
    const { values } = readArguments(args, { json: { type: 'boolean' } });
    const { epochs, open } = await withDatabase(context.environment(), async ({ restoreReader: reader }) => {
      return { epochs: await reader.epochs(SHOWN_MAX), open: await reader.openGrants() };
    });
    const held = epochs.some((epoch) => epoch.review === null);
    if (values.json === true) {
      const items = epochs.map(({ id, declaredAt, declaredBy, cause, review }) => ({
        id,
        declared_at: instant(declaredAt),
        declared_by: declaredBy,
        cause,
        review: review === null ? null : { ...review, at: instant(review.at) },
      }));
      context.out(jsonText({ held, open_grants: open, items }));
      return 0;
    }
    for (const line of epochs.length === 0 ? [] : table(HEAD, epochs.map(lineOf))) context.out(line);
    context.remark(
      held
        ? `A restore holds everything: nothing is minted and no token counts. ${open} grants are open; writ restore review lets go.`
        : 'No restore waits for a review.',
    );
    return 0;
  },
};

const HEAD = ['RESTORE', 'DECLARED', 'BY', 'CAUSE', 'REVIEW'];

function lineOf(epoch: RestoreEpoch): string[] {
  const { review } = epoch;
  const reviewed = review === null ? 'waits' : `${review.verdict} by ${review.by} ${instant(review.at)}`;
  return [epoch.id, instant(epoch.declaredAt), inertLine(epoch.declaredBy), epoch.cause, inertLine(reviewed)];
}
