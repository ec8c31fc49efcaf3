import { presentBreakGlassUse } from '#contracts/ask/break-glass-presenters.js';
import { instant } from '#domain/instant.js';
import { PostgresBreakGlassUses } from '#persistence/ask/postgres-break-glass.js';
import { readArguments, readLimit } from '../../arguments.js';
import type { Command } from '../../command.js';
import { withDatabase } from '../../database.js';
import { inertLine, jsonText, table } from '../../text.js';

/** Uses of break-glass, newest first. */
export const breakGlassList: Command = {
  usage: '[--unreviewed] [--limit N] [--json]',
  help: [
    '  --unreviewed  only those that wait for an operator; until then their agents have no other',
    '  --limit N     1 to 200 (50)',
    '  --json        print {"items", "more"} instead of a table',
  ],
  async run(args, context) {
    const { values } = readArguments(args, {
      unreviewed: { type: 'boolean' },
      limit: { type: 'string' },
      json: { type: 'boolean' },
    });
    const limit = readLimit(values.limit);
    const { rows, next } = await withDatabase(context.environment(), ({ pool }) =>
      new PostgresBreakGlassUses(pool).list(values.unreviewed === true ? false : null, limit, null),
    );
    if (values.json === true) context.out(jsonText({ items: rows.map(presentBreakGlassUse), more: next !== null }));
    else if (rows.length === 0) context.remark('There are no such uses.');
    else {
      const lines = rows.map((row) => [
        row.escalationId,
        instant(row.usedAt),
        row.agentId,
        row.resource,
        row.status,
        row.reviewed === null ? 'no' : `by ${row.reviewed.by}`,
        inertLine(row.justification ?? ''),
      ]);
      for (const line of table(['ESCALATION', 'USED', 'AGENT', 'RESOURCE', 'STATUS', 'REVIEWED', 'REASON'], lines))
        context.out(line);
    }
    if (next !== null) context.remark('There are older ones: raise --limit.');
    return 0;
  },
};
