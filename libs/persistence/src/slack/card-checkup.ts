import type { DatabasePool } from '../connection/pool.js';
import { escalationOpenNow } from '../sql/state-now.js';

/** How the cards of one channel fare. */
export interface ChannelCards {
  readonly channel: string;
  /** Cards that Slack refused to post or to rewrite and has not taken since, as far as anybody still needs them. */
  readonly waiting: number;
  /** What Slack said last when it did not take one within seven days, and when; `null` for nothing. */
  readonly error: string | null;
  readonly failedAt: number | null;
}

const CARDS = `
  with failed as (
    select distinct on ("data" ->> 'channel') "data" ->> 'channel' as "channel", "data" ->> 'error' as "error",
      (extract(epoch from "at") * 1000)::float8 as "failedAt"
    from "events" where "type" = 'card.failed' and "at" > clock_timestamp() - interval '7 days'
    order by "data" ->> 'channel', "seq" desc
  ), waiting as (
    select c."channel", count(*)::int as "waiting" from "slack_cards" c join "escalations" e on e."id" = c."escalation_id"
      join "agents" a on a."uid" = e."agent_uid"
    where c."failures" <> '{}' and e."created_at" > clock_timestamp() - interval '7 days'
      and (c."ts" is not null or (${escalationOpenNow('e', 'a')})) group by 1
  )
  select "channel", coalesce(w."waiting", 0) as "waiting", f."error", f."failedAt"
  from failed f full join waiting w using ("channel") order by 1`;

/** Channels in which a card could not be posted or rewritten lately. */
export async function cardCheckup(pool: DatabasePool): Promise<readonly ChannelCards[]> {
  return (await pool.query<ChannelCards>(CARDS)).rows;
}
