import { Injectable } from '@nestjs/common';
import type { GrantRow, TokenRow } from '#escalations/rows.js';
import { StatusListSource, type StatusListRows } from '#escalations/status-list.js';
import { GRANT_COLUMNS, GRANT_FROM, TOKEN_COLUMNS } from './sql/grants.js';
import { ms } from './sql/columns.js';
import { withAbove } from './sql/standing.js';
import { DatabasePool } from './pool.js';

/** A list's rows in two statements: its own, and those of its tokens that have not run out. */
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
             from "status_lists" l where l."n" = $1`,
      values: [n],
    });
    const list = lists.rows[0];
    if (list === undefined) return null;
    const { rows } = await this.pool.query<{ idx: number; token: TokenRow; grant: GrantRow }>({
      name: 'status-list-tokens',
      text: `select s."idx", (select row_to_json(x) from (select ${TOKEN_COLUMNS}) x) as "token",
               (select row_to_json(x) from (select ${GRANT_COLUMNS}) x) as "grant"
             from "status_entries" s join "tokens" t on t."jti" = s."jti" join "grants" g on g."id" = t."grant_id"
             ${GRANT_FROM.replace('from "grants" g', '')}
             where s."list" = $1 and s."until" > clock_timestamp() and t."expires_at" > clock_timestamp()`,
      values: [n],
    });
    const grants = await withAbove(
      this.pool,
      rows.map(({ grant }) => grant),
    );
    return { ...list, tokens: rows.map((row, place) => ({ ...row, grant: grants[place] ?? row.grant })) };
  }

  override async numbers(): Promise<number[]> {
    const { rows } = await this.pool.query<{ n: number }>({
      name: 'status-lists-living',
      text: `select l."n" from "status_lists" l where l."n" = (select max("n") from "status_lists")
               or exists (select 1 from "status_entries" s where s."list" = l."n" and s."until" > clock_timestamp())
             order by l."n" desc limit 1000`,
    });
    return rows.map(({ n }) => n);
  }
}
