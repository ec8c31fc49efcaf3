import { Injectable } from '@nestjs/common';
import { RemindersGiven, type ReminderGiven, type Reminders } from '#escalations/decide/reminders-given.js';
import { SHORTEST_REMINDED_MS } from '#domain/approval/timetable.js';
import type { Queryable } from '../connection/queryable.js';
import { DatabasePool } from '../connection/pool.js';
import { isDuplicate } from '../sql/asks.js';
import { at } from '../sql/columns.js';
import { escalationOpenNow } from '../sql/state-now.js';

/** Reminders and nudges over a transaction's connection. */
export class PostgresReminders implements Reminders {
  constructor(private readonly db: Queryable) {}

  async give(escalationId: string, mark: ReminderGiven, now: number): Promise<boolean> {
    const { rowCount } = await this.db.query({
      name: 'escalation-mark',
      text: `insert into "escalation_marks" ("escalation_id", "mark", "at") values ($1, $2, ${at(3)}) on conflict do nothing`,
      values: [escalationId, mark, now],
    });
    return rowCount === 1;
  }
}

/** Which reminders and nudges were given. */
@Injectable()
export class PostgresRemindersGiven extends RemindersGiven {
  constructor(private readonly pool: DatabasePool) {
    super();
  }

  override async of(escalationIds: readonly string[]): Promise<ReadonlyMap<string, ReadonlySet<ReminderGiven>>> {
    const { rows } = await this.pool.query<{ escalationId: string; mark: ReminderGiven }>({
      name: 'escalation-marks-of',
      text: `select "escalation_id" as "escalationId", "mark" from "escalation_marks" where "escalation_id" = any($1)`,
      values: [escalationIds],
    });
    const marks = new Map<string, Set<ReminderGiven>>();
    for (const { escalationId, mark } of rows)
      marks.set(escalationId, (marks.get(escalationId) ?? new Set()).add(mark));
    return marks;
  }

  override async unreminded(limit: number): Promise<string[]> {
    const { rows } = await this.pool.query<{ id: string }>({
      name: 'escalations-unreminded',
      text: `select e."id" from "escalations" e join "agents" a on a."uid" = e."agent_uid"
             where ${escalationOpenNow('e', 'a')}
               and e."deadline" - e."created_at" >= make_interval(secs => $2)
               and ((clock_timestamp() >= e."created_at" + (e."deadline" - e."created_at") * 0.8 and not exists
                     (select 1 from "escalation_marks" m where m."escalation_id" = e."id" and m."mark" = 'late'))
                 or (clock_timestamp() >= e."created_at" + (e."deadline" - e."created_at") * 0.5 and not exists
                     (select 1 from "escalation_marks" m where m."escalation_id" = e."id" and m."mark" = 'half')))
               and not ${isDuplicate('e', 'a')}
             order by e."deadline" limit $1`,
      values: [limit, SHORTEST_REMINDED_MS / 1_000],
    });
    return rows.map((row) => row.id);
  }
}
