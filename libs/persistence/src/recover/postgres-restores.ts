import { Injectable } from '@nestjs/common';
import { invariant } from '#domain/refusal.js';
import type { EventRow } from '#escalations/watch/history.js';
import { RestoreReader, type RestoreMarker } from '#escalations/recover/restore.js';
import type { RestoreEpoch, RestoreRows, RestoreVerdict } from '#escalations/recover/restore-rows.js';
import { Journal, type EntryColumns } from '../connection/journal.js';
import type { Queryable } from '../connection/queryable.js';
import { DatabasePool } from '../connection/pool.js';
import { at, ms } from '../sql/columns.js';
import { isReviewed, restoreReviews } from '../sql/ends.js';
import { addSealed, type Sealed } from '../sql/sealed-records.js';
import { EVENT_COLUMNS, EVENT_FROM } from '../sql/events.js';
import { GRANT_OPEN_NOW } from '../sql/state-now.js';
import { PostgresStatusPlaces } from '../watch/postgres-status-lists.js';

const COLUMNS = `r."id"::text as "id", ${ms('r."declared_at"')} as "declaredAt", r."declared_by" as "declaredBy", r."cause",
  case when r."reviewed_at" is not null then json_build_object('at', ${ms('r."reviewed_at"')}, 'by', r."reviewed_by",
    'verdict', r."verdict", 'note', r."note") end as "review"`;

/** The epochs, within one transaction. */
export class PostgresRestoreRows implements RestoreRows {
  constructor(private readonly db: Queryable) {}

  async lockOpen(): Promise<{ open: RestoreEpoch | null; now: number }> {
    await this.db.query(`select pg_advisory_xact_lock(hashtextextended('writ:restore', 0))`);
    const { rows } = await this.db.query<RestoreEpoch & { reviews: Sealed<'review'>[] | null }>({
      name: 'restore-open',
      text: `select ${COLUMNS}, ${restoreReviews('r')} as "reviews" from "restore_epochs" r order by r."declared_at" desc, r."id" desc`,
    });
    const waiting = rows.find(({ reviews }) => !isReviewed(this.db, reviews));
    const clock = await this.db.query<{ now: number }>(`select ${ms('clock_timestamp()')} as "now"`);
    return { open: waiting === undefined ? null : openEpoch(waiting), now: clock.rows[0]?.now ?? 0 };
  }

  async declare(cause: RestoreEpoch['cause'], by: string, now: number): Promise<RestoreEpoch> {
    const { rows } = await this.db.query<RestoreEpoch>({
      name: 'restore-declare',
      text: `insert into "restore_epochs" as r ("declared_at", "declared_by", "cause") values (${at(1)}, $2, $3) returning ${COLUMNS}`,
      values: [now, by, cause],
    });
    await new PostgresStatusPlaces(this.db).beginApart();
    return one(rows);
  }

  async declareAgain(id: string, now: number): Promise<RestoreEpoch> {
    const { rows } = await this.db.query<RestoreEpoch>({
      name: 'restore-declare-again',
      // One that somebody has marked as reviewed without a review cannot be moved on: another takes its place.
      text: `with moved as (update "restore_epochs" r set "declared_at" = ${at(2)} where r."id" = $1 and r."reviewed_at" is null returning r.*),
               put as (insert into "restore_epochs" ("declared_at", "declared_by", "cause")
                 select ${at(2)}, r."declared_by", r."cause" from "restore_epochs" r where r."id" = $1 and r."reviewed_at" is not null returning *)
             select ${COLUMNS} from (select * from moved union all select * from put) r`,
      values: [id, now],
    });
    await new PostgresStatusPlaces(this.db).beginApart();
    return one(rows);
  }

  async review(
    id: string,
    review: { by: string; verdict: RestoreVerdict; note: string | null; now: number },
  ): Promise<void> {
    const { by, verdict, note } = review;
    await addSealed(this.db, 'review', (given) => ({ ...given, kind: 'restore', subject: id, by, verdict, note }));
    // The copy is written once: by us, or by somebody who wrote no review.
    await this.db.query({
      name: 'restore-review',
      text: `update "restore_epochs" set "reviewed_at" = ${at(2)}, "reviewed_by" = $3, "verdict" = $4, "note" = $5
             where "id" = $1 and "reviewed_at" is null`,
      values: [id, review.now, review.by, review.verdict, review.note],
    });
  }

  async endSessions(now: number): Promise<number> {
    for (const table of ['login_codes', 'slack_link_codes', 'webauthn_challenges'])
      await this.db.query(`delete from "${table}"`);
    const { rowCount } = await this.db.query({
      name: 'restore-sessions',
      text: `update "sessions" set "ended_at" = ${at(1)} where "ended_at" is null and "expires_at" > ${at(1)}`,
      values: [now],
    });
    return rowCount ?? 0;
  }
}

/** So many of the newest are looked at for one that is ours. */
const NEWEST = 20;

/** What is known of restores, and what of the history can be told from outside. */
@Injectable()
export class PostgresRestoreReader extends RestoreReader {
  constructor(
    private readonly pool: DatabasePool,
    private readonly journal: Journal,
  ) {
    super();
  }

  override async epochs(limit: number): Promise<RestoreEpoch[]> {
    const { rows } = await this.pool.query<RestoreEpoch & { reviews: Sealed<'review'>[] | null }>({
      name: 'restore-epochs',
      text: `select ${COLUMNS}, ${restoreReviews('r')} as "reviews" from "restore_epochs" r
             order by r."declared_at" desc, r."id" desc limit $1`,
      values: [limit],
    });
    return rows.map(({ reviews, ...epoch }) => (isReviewed(this.pool, reviews) ? epoch : { ...epoch, review: null }));
  }

  override async newestEvent(): Promise<RestoreMarker | null> {
    const { rows } = await this.pool.query<EventRow & EntryColumns & { now: number }>({
      name: 'restore-newest-event',
      text: `select ${EVENT_COLUMNS}, ${ms('clock_timestamp()')} as "now" ${EVENT_FROM} order by e."seq" desc limit ${NEWEST}`,
    });
    const newest = rows.find((row) => this.journal.isFact(row));
    return newest === undefined ? null : { seq: newest.seq, eventId: newest.id, at: newest.now };
  }

  override async eventAt(seq: string): Promise<string | null> {
    const { rows } = await this.pool.query<{ id: string }>({
      name: 'restore-event',
      text: `select "id" from "events" where "seq" = $1`,
      values: [seq],
    });
    return rows[0]?.id ?? null;
  }

  override async everAsked(): Promise<boolean> {
    const { rows } = await this.pool.query<{ asked: boolean }>(
      `select exists (select 1 from "escalations") as "asked"`,
    );
    return rows[0]?.asked === true;
  }

  override async openGrants(): Promise<number> {
    const { rows } = await this.pool.query<{ open: number }>(
      `select count(*)::int as "open" from "grants" g join "agents" a on a."uid" = g."agent_uid" where ${GRANT_OPEN_NOW}`,
    );
    return rows[0]?.open ?? 0;
  }
}

function openEpoch({ reviews: _unsound, ...epoch }: RestoreEpoch & { reviews: unknown }): RestoreEpoch {
  return { ...epoch, review: null };
}

function one(rows: readonly RestoreEpoch[]): RestoreEpoch {
  invariant(rows[0] !== undefined, 'a declared restore is there');
  return rows[0];
}
