import { isDuplicate } from '../sql/asks.js';
import { escalationOpenNow } from '../sql/state-now.js';

/** Seconds in which a turn ends by itself: longer than the two calls of Slack that a post may take. */
export const TURN_SECONDS = 12;
/** Seconds between two messages, as far as the line is estimated. */
const PACE_SECONDS = 1.1;

/**
 * The line of channel $1: `place` from 1. An agent's cards come after as many turns as it has had there in the last
 * minute and as it has cards that go before, so nobody who floods a channel keeps others out of it.
 */
const LINE = `
  select c."id", row_number() over (order by c."nth", c."danger" desc, c."deadline", c."created_at", c."id") as "place"
  from (
    select w."id", w."created_at", e."deadline", w."danger",
      row_number() over (partition by e."agent_uid" order by w."danger" desc, e."deadline", w."created_at", w."id")
        + coalesce((select count(*) from "slack_cards" p join "escalations" pe on pe."id" = p."escalation_id"
            where p."channel" = $1 and p."posted_at" > clock_timestamp() - interval '1 minute'
              and pe."agent_uid" = e."agent_uid"), 0) as "nth"
    from (select s.*, array_position(array['low', 'medium', 'high'], r."risk") as "danger"
          from "slack_cards" s join "escalations" r on r."id" = s."escalation_id"
          where s."channel" = $1 and s."ts" is null) w
      join "escalations" e on e."id" = w."escalation_id" join "agents" a on a."uid" = e."agent_uid"
    where ${escalationOpenNow('e', 'a')}
      and (w."leased_until" is null or w."leased_until" < clock_timestamp())
      and (w."held_until" is null or w."held_until" < clock_timestamp())
  ) c`;

/** $1 channel, $2 the name of this turn, $3 seconds of the card's lease. Answers the card's id, or no row. */
export const TAKE_TURN = `
  with turn as (
    insert into "slack_channels" as s ("channel", "turn", "turn_until")
    values ($1, $2, clock_timestamp() + interval '${TURN_SECONDS} seconds')
    on conflict ("channel") do update set "turn" = excluded."turn", "turn_until" = excluded."turn_until"
    where s."next_at" <= clock_timestamp() and (s."turn" is null or s."turn_until" < clock_timestamp())
    returning 1
  ), line as (${LINE}), first as (select "id" from line where exists (select 1 from turn) order by "place" limit 1)
  update "slack_cards" set "lease" = $2, "leased_until" = clock_timestamp() + make_interval(secs => $3)
  where "id" = (select "id" from first) and "ts" is null
    and ("leased_until" is null or "leased_until" < clock_timestamp())
  returning "id" as "cardId", "escalation_id" as "escalationId", "digest", "channel", "ts", "version_shown" as "version",
    "minor_shown" as "minor", "lease"`;

/** $1 channel, $2 the name of the turn: frees a turn that nobody had a use for. */
export const DROP_TURN = `
  update "slack_channels" set "turn" = null, "turn_until" = null where "channel" = $1 and "turn" = $2`;

/** $1 channel, $2 the name of the turn, $3 rest in seconds, $4 card, $5 whether it was posted, $6 hold in seconds. Never shortens a rest. */
export const END_TURN = `
  with ended as (
    update "slack_channels" set "turn" = null, "turn_until" = null,
      "next_at" = greatest("next_at", clock_timestamp() + make_interval(secs => $3))
    where "channel" = $1 and "turn" = $2
  )
  update "slack_cards" set
    "posted_at" = case when $5 then clock_timestamp() else "posted_at" end,
    "held_until" = case when $6 > 0 then clock_timestamp() + make_interval(secs => $6) end,
    "leased_until" = case when "lease" = $2 then null else "leased_until" end,
    "lease" = nullif("lease", $2)
  where "id" = $4`;

/** $1 channel, $2 seconds. Never shortens a rest. */
export const REST = `
  insert into "slack_channels" as s ("channel", "next_at") values ($1, clock_timestamp() + make_interval(secs => $2))
  on conflict ("channel") do update set "next_at" = greatest(s."next_at", excluded."next_at")`;

/** $1 channel, $2 card. While a turn is under way its end is not known: look again about when it should be over. */
export const WAIT_SECONDS = `
  with line as (${LINE})
  select greatest(
    0.1,
    coalesce((select case when "turn" is not null and "turn_until" > clock_timestamp() then ${PACE_SECONDS}
      else extract(epoch from "next_at" - clock_timestamp())::float8 end from "slack_channels" where "channel" = $1), 0)
      + coalesce((select "place" - 1 from line where "id" = $2), 0) * ${PACE_SECONDS},
    coalesce((select extract(epoch from "held_until" - clock_timestamp())::float8 from "slack_cards" where "id" = $2), 0)
  )::float8 as "seconds"`;

/** $1 cards, $2 seconds. */
export const EXPECT_AGAIN = `
  update "slack_cards" set "expected_at" = clock_timestamp() + make_interval(secs => $2) where "id" = any($1)`;

/** The state that a card of request `e` with grant `g` should show. Uses of a token change the grant and show nowhere. */
export const STATE = `e."version" + coalesce(g."version" - g."uses", 0)`;

/** $1 card, $2 cause. Answers the card when this cause was not told since Slack last took it. */
export const NEW_FAILURE = `
  update "slack_cards" c set "failures" = array_append(c."failures", $2)
  from "escalations" e where c."id" = $1 and e."id" = c."escalation_id" and not ($2 = any(c."failures"))
  returning c."escalation_id" as "escalationId", c."channel", c."ts", c."version_shown" as "version", e."agent_id" as "agent"`;

/** $1 channel. */
export const WAKE = `
  with woken as (
    update "slack_cards" c set "held_until" = null, "expected_at" = null
    from "escalations" e join "agents" a on a."uid" = e."agent_uid" left join "grants" g on g."escalation_id" = e."id"
    where c."channel" = $1 and e."id" = c."escalation_id" and e."created_at" > clock_timestamp() - interval '7 days'
      and case when c."ts" is null then ${escalationOpenNow('e', 'a')}
        else c."version_shown" < ${STATE} end
    returning c."escalation_id"
  )
  select distinct "escalation_id" as "escalationId" from woken`;

/** $1 channel, $2 ts. */
export const MISTRUST = `
  update "slack_cards" c set "version_shown" = 0, "minor_shown" = 0
  from "escalations" e left join "grants" g on g."escalation_id" = e."id"
  where c."channel" = $1 and c."ts" = $2 and e."id" = c."escalation_id" and c."version_shown" >= ${STATE}`;

/**
 * $1 groups that have a channel, $2 limit. Marks what it answers as expected, so that it is not answered again at once. A
 * job whose row is open is not lost: the relay hands it over again.
 */
export const LOST_CARDS = `
  with open as materialized (
    select "payload" ->> 'id' as "id" from "outbox" where "topic" = 'card.publish' and "dispatched_at" is null
    union all select "payload" ->> 'id' from "outbox"
      where "topic" = 'card.publish' and "dispatched_at" is not null and "done_at" is null
  ), behind as (
    select c."id", c."escalation_id" as "escalation", e."created_at",
      case when c."ts" is null then 'card_missing' when e."status" = 'pending' then 'card_behind' else 'card_over' end as "kind"
    from "slack_cards" c join "escalations" e on e."id" = c."escalation_id" join "agents" a on a."uid" = e."agent_uid"
      left join "grants" g on g."escalation_id" = e."id"
    where e."created_at" > clock_timestamp() - interval '7 days'
      and coalesce(c."expected_at", c."created_at" + interval '2 minutes') < clock_timestamp()
      and (c."leased_until" is null or c."leased_until" < clock_timestamp())
      and case when c."ts" is null then ${escalationOpenNow('e', 'a')}
        else c."version_shown" < ${STATE} end
      and not exists (select 1 from open o where o."id" = e."id")
    order by e."created_at" desc limit $2
  ), marked as (
    update "slack_cards" c set "expected_at" = clock_timestamp() + interval '2 minutes' from behind b where c."id" = b."id"
  ), unborn as (
    select e."id" as "escalation", e."created_at" from "escalations" e join "agents" a on a."uid" = e."agent_uid"
    where ${escalationOpenNow('e', 'a')} and e."created_at" < clock_timestamp() - interval '1 minute'
      and not exists (select 1 from "slack_cards" c where c."escalation_id" = e."id")
      and not exists (select 1 from open o where o."id" = e."id")
      and exists (select 1 from jsonb_array_elements(e."policy" -> 'gates') gate where gate ->> 'group' = any($1))
      and not ${isDuplicate('e', 'a')}
    order by e."created_at" desc limit $2
  )
  select "escalation" as "escalationId", min("kind") as "kind"
  from (select "escalation", "kind" from behind union all select "escalation", 'card_missing' from unborn) lost group by 1`;
