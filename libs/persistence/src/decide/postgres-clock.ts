import { Injectable } from '@nestjs/common';
import { EscalationMarks, type EscalationMark } from '#escalations/decide/reminders-given.js';
import { TypicalTimes, TYPICAL_DECISIONS_MAX, TYPICAL_DECISIONS_MIN } from '#escalations/watch/typical-times.js';
import { SHORTEST_REMINDED_MS } from '#domain/approval/clock.js';
import { behindAnother } from '../sql/asks.js';
import { marksOf } from './marks.js';
import { escalationOpenNow } from '../sql/standing.js';
import { DatabasePool } from '../connection/pool.js';

/** Which reminders and nudges were given. */
@Injectable()
export class PostgresEscalationMarks extends EscalationMarks {
  constructor(private readonly pool: DatabasePool) {
    super();
  }

  override async of(escalationIds: readonly string[]): Promise<ReadonlyMap<string, ReadonlySet<EscalationMark>>> {
    const marks = new Map<string, Set<EscalationMark>>();
    for (const { escalationId, mark } of await marksOf(this.pool, escalationIds))
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
               and not ${behindAnother('e', 'a')}
             order by e."deadline" limit $1`,
      values: [limit, SHORTEST_REMINDED_MS / 1_000],
    });
    return rows.map((row) => row.id);
  }
}

/** Medians over the newest decisions of a rule, by the index over what determined them. */
@Injectable()
export class PostgresTypicalTimes extends TypicalTimes {
  constructor(private readonly pool: DatabasePool) {
    super();
  }

  override async secondsOf(escalationId: string): Promise<number | null> {
    const { rows } = await this.pool.query<{ decided: number; median: number | null }>({
      name: 'typical-times',
      text: `select count(*)::int as "decided", percentile_cont(0.5) within group (order by t."seconds") as "median" from (
               select extract(epoch from e."decided_at" - e."created_at")::float8 as "seconds" from "escalations" e
               where md5(e."policy" ->> 'determining') = (select md5(x."policy" ->> 'determining') from "escalations" x where x."id" = $1)
                 and e."status" in ('approved', 'denied') and e."policy" ->> 'outcome' = 'require_approval'
                 and e."denial" ->> 'by' is distinct from 'policy'
               order by e."decided_at" desc limit $2) t`,
      values: [escalationId, TYPICAL_DECISIONS_MAX],
    });
    const { decided, median } = rows[0] ?? { decided: 0, median: null };
    return decided < TYPICAL_DECISIONS_MIN || median === null ? null : Math.max(1, Math.round(median));
  }
}
