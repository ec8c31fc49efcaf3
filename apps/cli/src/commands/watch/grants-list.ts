import { presentGrant } from '#contracts/presenters.js';
import { GRANT_STATES } from '#domain/grant/lifecycle.js';
import type { GrantFilter } from '#escalations/watch/history.js';
import { readArguments, readChoice, readInstant, readLimit } from '../../arguments.js';
import type { Command } from '../../command.js';
import { withDatabase } from '../../database.js';
import { grantTable } from '../../grant-text.js';
import { jsonText } from '../../text.js';

/** Grants, newest first. */
export const grantsList: Command = {
  usage:
    '[--agent ID] [--resource URI] [--action NAME] [--status STATUS] [--approver PERSON] [--from TIME] [--to TIME] [--limit N] [--json]',
  help: [
    '  --agent ID         of this agent',
    '  --resource URI     on this resource',
    '  --action NAME      that cover this action',
    `  --status STATUS    ${GRANT_STATES.join(', ')}`,
    '  --approver PERSON  that this person approved',
    '  --from TIME        granted at or after: a date, or a time such as 2026-01-31T09:00:00Z',
    '  --to TIME          granted before',
    '  --limit N          1 to 200 (50)',
    '  --json             print {"items", "more"} instead of a table',
  ],
  async run(args, context) {
    const text = { type: 'string' } as const;
    const { values } = readArguments(args, {
      ...{ agent: text, resource: text, action: text, status: text, approver: text, from: text, to: text, limit: text },
      json: { type: 'boolean' },
    });
    const filter: GrantFilter = {
      agent: values.agent,
      resource: values.resource,
      action: values.action,
      status: readChoice('--status', values.status, GRANT_STATES),
      approver: values.approver,
      from: readInstant('--from', values.from),
      to: readInstant('--to', values.to),
    };
    const limit = readLimit(values.limit);
    const { rows, next, now } = await withDatabase(context.environment(), ({ history }) =>
      history.grants(filter, limit, null),
    );
    if (values.json === true)
      context.out(jsonText({ items: rows.map((row) => presentGrant(row, now)), more: next !== null }));
    else if (rows.length === 0) context.remark('There are no such grants.');
    else for (const line of grantTable(rows, now)) context.out(line);
    if (next !== null)
      context.remark(
        `There are older ones: raise --limit, or give --to ${afterMillisecond(rows.at(-1)?.createdAt ?? now)}`,
      );
    return 0;
  },
};

/** `--to` is exclusive and coarser than the database's clock: a grant of the same millisecond is shown twice, none is lost. */
function afterMillisecond(ms: number): string {
  return new Date(Math.floor(ms) + 1).toISOString();
}
