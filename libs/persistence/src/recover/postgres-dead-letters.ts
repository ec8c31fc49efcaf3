import { Injectable } from '@nestjs/common';
import { TOPICS, type Topic } from '#delivery/queues.js';
import { DeadLetters, type DeadLetterRow, type Retried } from '#escalations/recover/dead-letters.js';
import type { Actor } from '#escalations/rows/history.js';
import { inTransaction } from '../connection/in-transaction.js';
import { Journal } from '../connection/journal.js';
import { DatabasePool } from '../connection/pool.js';
import { ms } from '../sql/columns.js';
import { letterHistory } from './dead-letters.js';
import { appendHistory, enqueue } from '../sql/history.js';

const COLUMNS = `"id"::text as "id", "topic", "job_id" as "jobId", coalesce("payload" ->> 'id', '') as "subject", "error",
  ${ms('"at"')} as "at", ${ms('"resolved_at"')} as "resolvedAt"`;

/** The table of dead letters, as an operator works on it. */
@Injectable()
export class PostgresDeadLetters extends DeadLetters {
  constructor(
    private readonly pool: DatabasePool,
    private readonly journal: Journal,
  ) {
    super();
  }

  override async list(limit: number, unresolved: boolean): Promise<DeadLetterRow[]> {
    const { rows } = await this.pool.query<DeadLetterRow>({
      name: 'dead-letters',
      text: `select ${COLUMNS} from "dead_letters" d where not $2 or d."resolved_at" is null order by d."id" desc limit $1`,
      values: [limit, unresolved],
    });
    return rows;
  }

  override retry(which: readonly string[] | 'all', actor: Actor): Promise<Retried> {
    return inTransaction(this.pool, async (client) => {
      const { rows } = await client.query<DeadLetterRow & { now: number }>({
        name: 'dead-letters-lock',
        text: `select ${COLUMNS}, ${ms('clock_timestamp()')} as "now" from "dead_letters" d
               where d."resolved_at" is null and ($1::text[] is null or d."id"::text = any($1)) order by d."id" for update`,
        values: [which === 'all' ? null : which],
      });
      const [retried, unknown] = [rows.filter(isKnown), rows.filter((row) => !isKnown(row))];
      const now = rows[0]?.now ?? 0;
      await client.query({
        name: 'dead-letters-resolve',
        text: `update "dead_letters" set "resolved_at" = to_timestamp($2::float8 / 1000) where "id"::text = any($1)`,
        values: [retried.map((row) => row.id), now],
      });
      await enqueue(
        client,
        retried.map((row) => ({ topic: row.topic, payload: { id: row.subject } })),
      );
      const told = retried.map((row) => letterHistory('job.retried', actor, row));
      await appendHistory(client, told, now, this.journal);
      return { retried: retried.map(withoutClock), unknown: unknown.map(withoutClock) };
    });
  }
}

function isKnown<R extends DeadLetterRow>(row: R): row is R & { topic: Topic } {
  return (TOPICS as readonly string[]).includes(row.topic);
}

function withoutClock({ now: _now, ...row }: DeadLetterRow & { now: number }): DeadLetterRow {
  return row;
}
