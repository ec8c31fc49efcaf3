import { LIMITS } from '#domain/limits.js';
import type { Before, BeforeMoment, BeforeReads } from '#escalations/watch/context/before.js';
import type { Queryable } from '../connection/queryable.js';
import { at, ms } from '../sql/columns.js';
import { IN_ANY_STATUS } from '../sql/grants.js';
import { nothingBefore } from '../sql/events.js';

/** The newest: whoever asks the same more often than this says nothing new by it. */
const SAME_ASKS_MAX = 1_000;

/**
 * One statement for both parts, so that they are of one moment. A grant and a decision carry their instants and stay, so
 * what was true before any moment can be told later; strictly before: what the same transaction decides is not in it.
 */
const BEFORE = `with asked as materialized (select * from "escalations" where "id" = $1),
    moment as materialized (select coalesce(
      ${at(2)},
      case when $3 then (select max(v."at") from "events" v where v."escalation_id" = $1 and v."at" >= ${at(4)} and v."type" in ('card.posted', 'card.updated')) end,
      clock_timestamp()) as "at"),
    recent as materialized (
      select x."action", g."resource", count(*)::int as "count", max(g."created_at") as "last"
      from asked, moment, "grants" g cross join unnest(g."actions") as x("action")
      where g."agent_uid" = asked."agent_uid" and ${IN_ANY_STATUS} and g."escalation_id" <> $1
        and g."created_at" < moment."at" and g."created_at" > moment."at" - interval '24 hours'
      group by x."action", g."resource" order by max(g."created_at") desc, x."action" limit 50),
    same as materialized (
      select e."id", e."status", e."decided_at", e."denial" from "escalations" e join asked on true join moment on true
      where e."agent_uid" = asked."agent_uid" and e."id" <> asked."id" and e."resource" = asked."resource"
        and (e."ask_hash" = asked."ask_hash"
          or jsonb_hash(e."request" -> 'authorization_details') = jsonb_hash(asked."request" -> 'authorization_details')
          and e."request" -> 'authorization_details' = asked."request" -> 'authorization_details')
        and e."decided_at" < moment."at"
      order by e."ask_order" desc limit ${SAME_ASKS_MAX})
  select ${ms('moment."at"')} as "at",
    coalesce((select json_agg(json_build_object('action', r."action", 'resource', r."resource", 'count', r."count", 'lastAt', ${ms('r."last"')})
       order by r."last" desc, r."action") from recent r), '[]') as "recentGrants",
    json_build_object(
      'approved', (select count(*) filter (where "status" = 'approved') from same),
      'denied', (select count(*) filter (where "status" = 'denied') from same),
      'last', (select json_build_object('status', l."status", 'at', ${ms('l."decided_at"')}) from same l order by l."decided_at" desc limit 1),
      'denials', coalesce((select json_agg(d) from (
        select v."denied" -> 'actor' as "by", s."denial" ->> 'reason' as "reason", ${ms('s."decided_at"')} as "at"
        from (select * from same where "status" = 'denied' and "denial" ->> 'by' = 'person' and "denial" ->> 'code' <> 'identical_denied'
          order by "decided_at" desc limit ${LIMITS.denialsShownMax}) s
        cross join lateral (select event_of(s."id", 'escalation.denied', s."decided_at" - interval '1 day') as "denied") v
        where v."denied" is not null
        order by s."decided_at" desc) d), '[]')) as "sameAsk"
  from moment`;

/** What was before, over the pool or one connection. */
export class PostgresBefore implements BeforeReads {
  constructor(private readonly db: Queryable) {}

  async of(escalationId: string, moment: BeforeMoment): Promise<Before> {
    const { rows } = await this.db.query<Before>({
      name: 'escalation-before',
      text: BEFORE,
      values: [
        escalationId,
        typeof moment === 'number' ? moment : null,
        moment === 'card',
        nothingBefore(escalationId),
      ],
    });
    return rows[0] as Before;
  }
}
