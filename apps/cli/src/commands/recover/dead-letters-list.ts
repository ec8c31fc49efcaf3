import { instant } from '#domain/instant.js';
import { readArguments, readLimit } from '../../arguments.js';
import type { Command } from '../../command.js';
import { withDatabase } from '../../database.js';
import { inertLine, jsonText, table } from '../../text.js';

/** Jobs that failed for good, newest first. */
export const deadLettersList: Command = {
  usage: '[--all] [--limit N] [--json]',
  help: [
    '  --all      those too that were tried again',
    '  --limit N  1 to 200 (50)',
    '  --json     print {"items", "more"} instead of a table',
  ],
  async run(args, context) {
    const { values } = readArguments(args, {
      all: { type: 'boolean' },
      limit: { type: 'string' },
      json: { type: 'boolean' },
    });
    const limit = readLimit(values.limit);
    const found = await withDatabase(context.environment(), ({ deadLetters }) =>
      deadLetters.list(limit + 1, values.all !== true),
    );
    const [rows, more] = [found.slice(0, limit), found.length > limit];
    if (values.json === true) {
      const items = rows.map((row) => ({
        id: row.id,
        topic: row.topic,
        job: row.jobId,
        subject: row.subject,
        error: row.error,
        at: instant(row.at),
        resolved_at: row.resolvedAt === null ? null : instant(row.resolvedAt),
      }));
      context.out(jsonText({ items, more }));
    } else if (rows.length === 0) context.remark('There are no dead letters.');
    else {
      const lines = rows.map((row) => [
        row.id,
        instant(row.at),
        row.topic,
        row.subject,
        row.resolvedAt === null ? 'no' : instant(row.resolvedAt),
        inertLine(row.error),
      ]);
      for (const line of table(['LETTER', 'SINCE', 'JOB', 'ABOUT', 'TRIED AGAIN', 'ERROR'], lines)) context.out(line);
    }
    if (more && values.json !== true) context.remark('There are older ones: raise --limit.');
    return 0;
  },
};
