import { randomInt } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import { LIMITS } from '#domain/limits.js';
import { invariant } from '#domain/refusal.js';
import type { GrantInUse } from '#escalations/state-now.js';
import {
  StatusListSource,
  type StatusListRows,
  type StatusPlace,
  type StatusPlaces,
} from '#escalations/watch/status-list.js';
import type { Queryable } from '../connection/queryable.js';
import { DatabasePool } from '../connection/pool.js';
import { at, ms, stillAccepted } from '../sql/columns.js';
import { GRANT_FROM, IN_USE_COLUMNS } from '../sql/grants.js';
import { withAncestors } from '../sql/state-now.js';

/** Advisory lock: a new list is begun by one transaction at a time. */
const LIST_LOCK = 7710;
/** All taken: the list is about a third full, and another is begun. */
const DRAWS = 8;
/** The last number that a list is found under. */
const LIST_MAX = 999_999_999;
/** More lists than are begun in the time that a restore may lose; at random, so that two restores differ. */
const APART_MIN = 1_000;
const APART_MORE = 100_000;

/** Places over a transaction's connection. */
export class PostgresStatusPlaces implements StatusPlaces {
  constructor(private readonly db: Queryable) {}

  async take(jti: string, until: number): Promise<StatusPlace> {
    const place = (await this.draw(jti, until)) ?? (await this.drawFromNewList(jti, until));
    invariant(place !== null, 'a new list has room');
    return place;
  }

  /** @param list the one to draw from; absent: the one begun last. A row of another size or time was not begun here. */
  private async draw(jti: string, until: number, list: number | null = null): Promise<StatusPlace | null> {
    const drawn = Array.from({ length: DRAWS }, () => randomInt(LIMITS.statusListBits));
    const { rows } = await this.db.query<StatusPlace>({
      name: 'status-take',
      text: `insert into "status_entries" ("list", "idx", "jti", "until")
             select l."n", d."idx", $1, ${at(2)} from (select "n", "size" from "status_lists"
               where "size" = $4 and "n" <= $5 and "created_at" <= clock_timestamp() and ($6::int is null or "n" = $6)
               order by "created_at" desc, "n" desc limit 1) l
             cross join unnest($3::int[]) with ordinality as d("idx", "turn")
             where d."idx" < l."size" and not exists (select 1 from "status_entries" s where s."list" = l."n" and s."idx" = d."idx")
             order by d."turn" limit 1 on conflict do nothing returning "list", "idx"`,
      values: [jti, until, drawn, LIMITS.statusListBits, LIST_MAX, list],
    });
    return rows[0] ?? null;
  }

  private async drawFromNewList(jti: string, until: number): Promise<StatusPlace | null> {
    await this.db.query('select pg_advisory_xact_lock($1)', [LIST_LOCK]);
    const begunMeanwhile = await this.draw(jti, until);
    if (begunMeanwhile !== null) return begunMeanwhile;
    return this.draw(jti, until, await this.begin(1));
  }

  /**
   * Begins a list that only tokens from now on stand on, under a number that no lost list had: those of a database that
   * was put back are known to nobody.
   */
  async beginApart(): Promise<void> {
    await this.db.query('select pg_advisory_xact_lock($1)', [LIST_LOCK]);
    await this.begin(APART_MIN + randomInt(APART_MORE));
  }

  /** The next number, or one at random where somebody has taken the last there is. */
  private async begin(step: number): Promise<number> {
    const { rows } = await this.db.query<{ n: number }>(
      `insert into "status_lists" ("n", "size")
       select case when m."last" + $1 <= $3 then m."last" + $1 else (
         select r."n" from unnest($4::int[]) as r("n") where not exists (select 1 from "status_lists" l where l."n" = r."n") limit 1) end, $2
       from (select coalesce(max("n"), 0)::bigint as "last" from "status_lists" where "n" <= $3) m returning "n"`,
      [step, LIMITS.statusListBits, LIST_MAX, Array.from({ length: DRAWS }, () => 1 + randomInt(LIST_MAX))],
    );
    invariant(rows[0] !== undefined, 'a list that was begun has a number');
    return rows[0].n;
  }
}

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
    const tokens = (await withAncestors(this.pool, rows)).map((row) => ({
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
