import { Injectable } from '@nestjs/common';
import { NoticeStore, type NoticeKey } from '#delivery/notices/ports.js';
import type { EventRow } from '#escalations/watch/history.js';
import { Journal, type EntryColumns } from '../connection/journal.js';
import { DatabasePool } from '../connection/pool.js';
import { at } from '../sql/columns.js';
import { EVENT_COLUMNS, EVENT_FROM, nothingBefore } from '../sql/events.js';

/** More events of these kinds than one escalation can have; more rows are read, since not each is a fact. */
const EVENTS_MAX = 200;

/** Which places were told of which events: one row each, leased while somebody tells. */
@Injectable()
export class PostgresNoticeStore extends NoticeStore {
  constructor(
    private readonly pool: DatabasePool,
    private readonly journal: Journal,
  ) {
    super();
  }

  override async recentEvents(
    escalationId: string,
    types: readonly string[],
    withinSeconds: number,
    ofAnyAge: readonly string[],
  ): Promise<EventRow[]> {
    const { rows } = await this.pool.query<EventRow & EntryColumns>({
      name: 'notices-events',
      text: `select ${EVENT_COLUMNS} ${EVENT_FROM} where e."escalation_id" = $1 and e."at" >= ${at(5)} and e."type" = any($2)
             and (e."at" > clock_timestamp() - make_interval(secs => $3) or e."type" = any($4))
             order by e."seq" limit ${10 * EVENTS_MAX}`,
      values: [escalationId, types, withinSeconds, ofAnyAge, nothingBefore(escalationId)],
    });
    return this.journal.facts(rows).slice(0, EVENTS_MAX);
  }

  override async claim(key: NoticeKey, leaseSeconds: number): Promise<'claimed' | 'sent' | 'busy'> {
    const { rowCount } = await this.pool.query({
      name: 'notice-claim',
      text: `insert into "notices" as n ("escalation_id", "event_id", "channel", "target", "leased_until")
             values ($1, $2, $3, $4, clock_timestamp() + make_interval(secs => $5))
             on conflict ("event_id", "channel", "target") do update
               set "attempts" = n."attempts" + 1, "leased_until" = excluded."leased_until"
               where n."sent_at" is null and (n."leased_until" is null or n."leased_until" < clock_timestamp())`,
      values: [key.escalationId, key.eventId, key.channel, key.target, leaseSeconds],
    });
    if (rowCount === 1) return 'claimed';
    const { rows } = await this.pool.query<{ sent: boolean }>({
      name: 'notice-sent-before',
      text: `select "sent_at" is not null as "sent" from "notices" where "event_id" = $1 and "channel" = $2 and "target" = $3`,
      values: [key.eventId, key.channel, key.target],
    });
    return rows[0]?.sent === true ? 'sent' : 'busy';
  }

  override sent(key: NoticeKey): Promise<void> {
    return this.settle(key, true, null);
  }

  override failed(key: NoticeKey, error: string): Promise<void> {
    return this.settle(key, false, error);
  }

  private async settle(key: NoticeKey, sent: boolean, error: string | null): Promise<void> {
    await this.pool.query({
      name: 'notice-settle',
      text: `update "notices" set "leased_until" = null, "error" = $5, "sent_at" = case when $4 then clock_timestamp() end
             where "event_id" = $1 and "channel" = $2 and "target" = $3 and "sent_at" is null`,
      values: [key.eventId, key.channel, key.target, sent, error],
    });
  }
}
