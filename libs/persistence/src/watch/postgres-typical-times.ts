import { Injectable } from '@nestjs/common';
import { TypicalTimes, TYPICAL_DECISIONS_MAX, TYPICAL_DECISIONS_MIN } from '#escalations/watch/typical-times.js';
import { DatabasePool } from '../connection/pool.js';

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
