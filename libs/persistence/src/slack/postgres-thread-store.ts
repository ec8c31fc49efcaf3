import { randomBytes } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import type { EventRow } from '#escalations/watch/history.js';
import { REFUSED_USES_LISTED } from '#escalations/tell/what-follows.js';
import { ThreadStore, type PendingEvent } from '#slack/ports.js';
import { Journal, type EntryColumns } from '../connection/journal.js';
import { DatabasePool } from '../connection/pool.js';
import { at } from '../sql/columns.js';
import { EVENT_COLUMNS, EVENT_FROM, nothingBefore } from '../sql/events.js';

/** Told at once; ten times as many are read, so that rows which are no facts hold none back. */
const LINES_MAX = 50;

/** What threads were told: one row a line, so that an event committed late is still told and none is told for ever. */
@Injectable()
export class PostgresThreadStore extends ThreadStore {
  constructor(
    private readonly pool: DatabasePool,
    private readonly journal: Journal,
  ) {
    super();
  }

  override async pendingEvents(
    card: { cardId: string; escalationId: string },
    types: readonly string[],
  ): Promise<readonly PendingEvent[]> {
    const { rows } = await this.pool.query<EventRow & EntryColumns & Omit<PendingEvent, 'event'> & { place: string }>({
      name: 'thread-untold',
      text: `with told as materialized (
               select ${EVENT_COLUMNS}, (row_number() over (partition by e."type" order by e."seq"))::int as "nth",
                 (count(*) filter (where e."type" = 'token.use_refused') over ())::int as "refusedUses", e."seq" as "place"
               ${EVENT_FROM} where e."escalation_id" = $1 and e."at" >= ${at(5)} and e."type" = any($2))
             select * from told t
             where not (t."type" = 'token.used' and t."nth" > 1) and not (t."type" = 'token.use_refused' and t."nth" > $4)
               and not exists (select 1 from "slack_thread_lines" l where l."card_id" = $3 and l."event_id" = t."id")
             order by t."place" limit ${10 * LINES_MAX}`,
      values: [card.escalationId, types, card.cardId, REFUSED_USES_LISTED + 1, nothingBefore(card.escalationId)],
    });
    return this.journal
      .facts(rows)
      .slice(0, LINES_MAX)
      .map(({ nth, refusedUses, place: _place, ...event }) => ({ event, nth, refusedUses }));
  }

  override async claim(cardId: string, leaseSeconds: number): Promise<{ lease: string } | null> {
    const { rows } = await this.pool.query<{ lease: string }>({
      name: 'thread-claim',
      text: `update "slack_cards" set "thread_lease" = $2, "thread_leased_until" = clock_timestamp() + make_interval(secs => $3)
             where "id" = $1 and ("thread_leased_until" is null or "thread_leased_until" < clock_timestamp())
             returning "thread_lease" as "lease"`,
      values: [cardId, randomBytes(12).toString('base64url'), leaseSeconds],
    });
    return rows[0] ?? null;
  }

  override async release(cardId: string, lease: string): Promise<void> {
    await this.pool.query({
      name: 'thread-release',
      text: `update "slack_cards" set "thread_lease" = null, "thread_leased_until" = null where "id" = $1 and "thread_lease" = $2`,
      values: [cardId, lease],
    });
  }

  override async recordNotified(line: { cardId: string; eventId: string; ts: string }): Promise<void> {
    await this.pool.query({
      name: 'thread-told',
      text: `insert into "slack_thread_lines" ("card_id", "event_id", "ts") values ($1, $2, $3) on conflict do nothing`,
      values: [line.cardId, line.eventId, line.ts],
    });
  }
}
