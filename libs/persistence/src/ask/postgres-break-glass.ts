import { Injectable } from '@nestjs/common';
import {
  BreakGlassUses,
  type BreakGlassLedger,
  type BreakGlassPosition,
  type BreakGlassReview,
  type BreakGlassRow,
} from '#escalations/judge/break-glass.js';
import type { Queryable } from '../connection/queryable.js';
import { DatabasePool } from '../connection/pool.js';
import { at, ms, NOW } from '../sql/columns.js';
import { breakGlassReviews, givenReview, isReviewed } from '../sql/ends.js';
import { addSealed, type Sealed } from '../sql/sealed-records.js';

const COLUMNS = `b."escalation_id" as "escalationId", e."agent_id" as "agentId", e."owner_id" as "ownerId", e."resource", e."status",
  e."request" ->> 'justification' as "justification", b."skipped", ${ms('b."used_at"')} as "usedAt", ${breakGlassReviews('b')} as "reviews"`;
const FROM = `from "break_glass_uses" b join "escalations" e on e."id" = b."escalation_id"`;

/** As read: who has reviewed it is judged by the seals. */
type Found = Omit<BreakGlassRow, 'reviewed'> & { readonly reviews: Sealed<'review'>[] | null };

/** Seconds after which a worker that was telling a channel is taken for dead. */
const NOTICE_LEASE_SECONDS = 20;

/** The uses of break-glass, within one transaction. */
export class PostgresBreakGlassLedger implements BreakGlassLedger {
  constructor(private readonly db: Queryable) {}

  async owed(agentUid: string): Promise<string | null> {
    const { rows } = await this.db.query<{ id: string; reviews: Sealed<'review'>[] | null }>({
      name: 'break-glass-owed',
      text: `select b."escalation_id" as "id", ${breakGlassReviews('b')} as "reviews" from "break_glass_uses" b where b."agent_uid" = $1 order by b."used_at" desc`,
      values: [agentUid],
    });
    return rows.find(({ reviews }) => !isReviewed(this.db, reviews))?.id ?? null;
  }

  async insert(use: {
    escalationId: string;
    agentUid: string;
    skipped: readonly string[];
    now: number;
  }): Promise<void> {
    await this.db.query({
      name: 'break-glass-insert',
      text: `insert into "break_glass_uses" ("escalation_id", "agent_uid", "skipped", "used_at") values ($1, $2, $3, ${at(4)})`,
      values: [use.escalationId, use.agentUid, use.skipped, use.now],
    });
  }

  async lock(escalationId: string): Promise<{ use: BreakGlassRow; now: number } | null> {
    const { rowCount } = await this.db.query({
      name: 'break-glass-lock',
      text: `select 1 from "break_glass_uses" where "escalation_id" = $1 for update`,
      values: [escalationId],
    });
    if (rowCount === 0) return null;
    const { rows } = await this.db.query<Found & { now: number }>({
      name: 'break-glass-by-id',
      text: `select ${COLUMNS}, ${NOW} ${FROM} where b."escalation_id" = $1`,
      values: [escalationId],
    });
    if (rows[0] === undefined) return null;
    const { now, reviews, ...use } = rows[0];
    return { use: { ...use, reviewed: givenReview(this.db, reviews) }, now };
  }

  async review(escalationId: string, review: BreakGlassReview): Promise<void> {
    await addSealed(this.db, 'review', ({ id, at: instant }) => ({
      id,
      kind: 'break_glass',
      subject: escalationId,
      at: instant,
      by: review.by,
      verdict: null,
      note: review.note,
    }));
    // The copy that lists show is written once: by us, or by somebody who wrote no review.
    await this.db.query({
      name: 'break-glass-review',
      text: `update "break_glass_uses" set "reviewed_by" = $2, "reviewed_at" = ${at(3)}, "review_note" = $4
             where "escalation_id" = $1 and "reviewed_at" is null`,
      values: [escalationId, review.by, review.at, review.note],
    });
  }
}

/** The uses of break-glass, straight from the pool. */
@Injectable()
export class PostgresBreakGlassUses extends BreakGlassUses {
  constructor(private readonly pool: DatabasePool) {
    super();
  }

  override async list(
    reviewed: boolean | null,
    limit: number,
    after: BreakGlassPosition | null,
  ): ReturnType<BreakGlassUses['list']> {
    const { rows } = await this.pool.query<Found & { micros: string }>({
      name: 'break-glass-list',
      text: `select ${COLUMNS}, (extract(epoch from b."used_at") * 1000000)::bigint::text as "micros" ${FROM}
             where ($1::boolean is null or (b."reviewed_at" is not null) = $1)
               and ($2::bigint is null or (b."used_at", b."escalation_id") < (timestamptz 'epoch' + $2 * interval '1 microsecond', $3))
             order by b."used_at" desc, b."escalation_id" desc limit $4`,
      values: [reviewed, after?.usedAtMicros ?? null, after?.id ?? null, limit + 1],
    });
    const page = rows.slice(0, limit);
    const last = page.at(-1);
    return {
      rows: page.map(({ micros: _micros, reviews, ...row }) => ({ ...row, reviewed: givenReview(this.pool, reviews) })),
      next: rows.length > limit && last !== undefined ? { usedAtMicros: last.micros, id: last.escalationId } : null,
    };
  }

  override async claimNotice(escalationId: string, channel: string): ReturnType<BreakGlassUses['claimNotice']> {
    const { rowCount } = await this.pool.query({
      name: 'break-glass-claim-notice',
      text: `insert into "break_glass_notices" as n ("escalation_id", "channel") values ($1, $2)
             on conflict ("escalation_id", "channel") do update set "claimed_at" = clock_timestamp()
             where n."sent_at" is null and n."claimed_at" < clock_timestamp() - make_interval(secs => $3)`,
      values: [escalationId, channel, NOTICE_LEASE_SECONDS],
    });
    if (rowCount === 1) return 'claimed';
    const { rows } = await this.pool.query<{ sent: boolean }>({
      name: 'break-glass-notice-sent',
      text: `select "sent_at" is not null as "sent" from "break_glass_notices" where "escalation_id" = $1 and "channel" = $2`,
      values: [escalationId, channel],
    });
    return rows[0]?.sent === true ? 'sent' : 'busy';
  }

  override async settleNotice(escalationId: string, channel: string, sent: boolean): Promise<void> {
    await this.pool.query({
      name: 'break-glass-settle-notice',
      text: `update "break_glass_notices" set "sent_at" = case when $3 then clock_timestamp() end,
               "claimed_at" = case when $3 then "claimed_at" else timestamptz 'epoch' end
             where "escalation_id" = $1 and "channel" = $2 and "sent_at" is null`,
      values: [escalationId, channel, sent],
    });
  }
}
