import type pg from 'pg';
import type { EscalationMark } from '#escalations/decide/reminders-given.js';
import { at } from '../sql/columns.js';

type Queryable = pg.Pool | pg.PoolClient;

/** True when this call set the mark, false when it was set before. */
export async function markEscalation(db: Queryable, id: string, mark: EscalationMark, now: number): Promise<boolean> {
  const { rowCount } = await db.query({
    name: 'escalation-mark',
    text: `insert into "escalation_marks" ("escalation_id", "mark", "at") values ($1, $2, ${at(3)}) on conflict do nothing`,
    values: [id, mark, now],
  });
  return rowCount === 1;
}

export async function marksOf(
  db: Queryable,
  ids: readonly string[],
): Promise<{ escalationId: string; mark: EscalationMark }[]> {
  const { rows } = await db.query<{ escalationId: string; mark: EscalationMark }>({
    name: 'escalation-marks-of',
    text: `select "escalation_id" as "escalationId", "mark" from "escalation_marks" where "escalation_id" = any($1)`,
    values: [ids],
  });
  return rows;
}
