import type { AgentFacts } from '#domain/policy-decision.js';
import { escalationOpenNow, GRANT_OPEN_NOW } from './state-now.js';

/** What the function `agent_facts(agent uid, actions, without)` of the database answers. */
export interface CountedFacts {
  readonly denials: number;
  readonly open: number;
  readonly pending: number;
  readonly counts: readonly { readonly action: string; readonly hour: number; readonly day: number }[] | null;
}

/** The facts as policy reads them. */
export function agentFacts({ denials, open, pending, counts }: CountedFacts): AgentFacts {
  return {
    recent_denials: denials,
    open_grants: open,
    pending_asks: pending,
    granted_last_hour: Object.fromEntries((counts ?? []).map(({ action, hour }) => [action, hour])),
    granted_last_day: Object.fromEntries((counts ?? []).map(({ action, day }) => [action, day])),
  };
}

/**
 * The same facts counted from the rows, at the cost of an agent's whole day: what the counters must say. $1 is the agent's
 * uid, $2 the actions, $3 the request that is no other pending one.
 */
export const FACTS_FROM_ROWS = `select json_build_object(
  'denials', (select count(*) from "escalations" where "agent_uid" = $1 and "status" = 'denied' and "denial" ->> 'code' <> 'identical_denied'
    and "decided_at" > clock_timestamp() - interval '24 hours'),
  'open', (select count(*) from "grants" g join "agents" a on a."uid" = g."agent_uid" where g."agent_uid" = $1 and ${GRANT_OPEN_NOW}),
  'pending', (select count(*) from "escalations" e join "agents" a on a."uid" = e."agent_uid" where e."agent_uid" = $1
    and ${escalationOpenNow('e', 'a')} and e."id" is distinct from $3),
  'counts', (select json_agg(c) from (
    select x."action", count(*) filter (where g."created_at" > clock_timestamp() - interval '1 hour') as "hour", count(*) as "day"
    from "grants" g cross join unnest(g."actions") as x("action")
    where g."agent_uid" = $1 and g."created_at" > clock_timestamp() - interval '24 hours' and x."action" = any($2)
    group by x."action") c)) as "facts"`;
