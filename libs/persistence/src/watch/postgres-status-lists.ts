import { Injectable } from '@nestjs/common';
import { LIMITS } from '#domain/limits.js';
import type { GrantInUse } from '#escalations/standing.js';
import { StatusListSource, type StatusListRows } from '#escalations/watch/status-list.js';
import { GRANT_FROM, IN_USE_COLUMNS } from '../sql/grants.js';
import { ms, stillAccepted } from '../sql/columns.js';
import { withAbove } from '../sql/standing.js';
import { DatabasePool } from '../connection/pool.js';

type Found = GrantInUse & {
  readonly idx: number;
  readonly tokenEndedAt: number | null;
  readonly tokenExpiresAt: number;
};

/** A list's rows in two statements: its own, and those of its tokens that somebody may still accept. */
@Injectable()
export class PostgresStatusLists extends StatusListSource {
  constructor(private readonly pool: DatabasePool) {
    super();
  }

  override async list(n: number): Promise<StatusListRows | null> {
    const lists = await this.pool.query<{ size: number; restored: boolean; now: number }>({
      name: 'status-list',
      text: `select l."size", ${ms('clock_timestamp()')} as "now",
               exists (select 1 from "restore_epochs" r where r."declared_at" >= l."created_at") as "restored"
             from "status_lists" l where l."n" = $1 and l."size" <= $2`,
      // A larger one was not begun here, and would take the memory of this process.
      values: [n, LIMITS.statusListBits],
    });
    const list = lists.rows[0];
    if (list === undefined) return null;
    const { rows } = await this.pool.query<Found>({
      name: 'status-list-tokens',
      text: `select s."idx", ${ms('t."ended_at"')} as "tokenEndedAt", ${ms('t."expires_at"')} as "tokenExpiresAt", ${IN_USE_COLUMNS}
             from "status_entries" s join "tokens" t on t."jti" = s."jti" join "grants" g on g."id" = t."grant_id"
             ${GRANT_FROM.replace('from "grants" g', '')}
             where s."list" = $1 and ${stillAccepted('s."until"')} and ${stillAccepted('t."expires_at"')}`,
      values: [n],
    });
    const tokens = (await withAbove(this.pool, rows)).map((row) => ({
      idx: row.idx,
      token: { endedAt: row.tokenEndedAt, expiresAt: row.tokenExpiresAt },
      grant: row,
    }));
    return { ...list, tokens };
  }

  override async numbers(): Promise<number[]> {
    const { rows } = await this.pool.query<{ n: number }>({
      name: 'status-lists-living',
      text: `select l."n" from "status_lists" l where l."n" = (select b."n" from "status_lists" b
                 where b."created_at" <= clock_timestamp() order by b."created_at" desc, b."n" desc limit 1)
               or exists (select 1 from "status_entries" s where s."list" = l."n" and ${stillAccepted('s."until"')})
             order by l."n" desc limit 1000`,
    });
    return rows.map(({ n }) => n);
  }
}
