import { notBroken } from './sealed-records.js';

/** Switches that were thrown, as far as is known: for lists and for finding what to look at. Where it decides, `judged` does. */
export const THROWN = `(select * from "kill_switches" x where ${notBroken('kill', 'x')})`;

/** When a kill switch first ended a grant, null: none did. @param g alias of the grant */
export function grantKilledAt(g: string): string {
  return `(select min(greatest(k."at", ${g}."created_at")) from (
     select s."not_before" as "at" from "escalations" e join ${THROWN} s on s."kind" = 'task'
       and s."subject" = e."agent_uid"::text || '/' || e."task_id" and e."created_at" <= s."not_before" where e."id" = ${g}."escalation_id"
     union all
     select s."not_before" from "votes" v join ${THROWN} s on s."kind" = 'approver' and s."subject" = v."person_id" and v."at" <= s."not_before"
     where v."escalation_id" = ${g}."escalation_id" and v."verdict" = 'approve') k)`;
}

/** True when a kill switch has ended the task of a request. @param e alias of the escalation */
export function taskKilled(e: string): string {
  return `exists (select 1 from ${THROWN} k where k."kind" = 'task'
    and k."subject" = ${e}."agent_uid"::text || '/' || ${e}."task_id" and ${e}."created_at" <= k."not_before")`;
}

/** Switches that may still have something to end: nothing is granted, or waits to be, for longer. */
const RECENT = `k."not_before" > clock_timestamp() - interval '8 days'`;

/** A switch was thrown of late: asked once, so that rows are looked at for it only then. */
export const SWITCHED_LATELY = `exists (select 1 from "kill_switches" k where ${RECENT})`;

/** SQL: ids of open grants that a kill switch has ended. The caller appends a `limit`. */
export const KILLED_GRANTS = `select g."id" from ${THROWN} k join "escalations" e on e."agent_uid" = split_part(k."subject", '/', 1)::bigint
    and e."task_id" = substr(k."subject", strpos(k."subject", '/') + 1) and e."created_at" <= k."not_before"
    join "grants" g on g."escalation_id" = e."id" and g."status" in ('ready', 'active')
  where k."kind" = 'task' and ${RECENT}
  union
  select g."id" from ${THROWN} k join "votes" v on v."person_id" = k."subject" and v."verdict" = 'approve' and v."at" <= k."not_before"
      and v."at" > k."not_before" - interval '8 days'
    join "grants" g on g."escalation_id" = v."escalation_id" and g."status" in ('ready', 'active')
  where k."kind" = 'approver' and ${RECENT}`;

/** SQL: ids of pending escalations whose task a kill switch has ended. The caller appends a `limit`. */
export const KILLED_ESCALATIONS = `select e."id" from ${THROWN} k join "escalations" e on e."agent_uid" = split_part(k."subject", '/', 1)::bigint
    and e."task_id" = substr(k."subject", strpos(k."subject", '/') + 1) and e."created_at" <= k."not_before" and e."status" = 'pending'
  where k."kind" = 'task' and ${RECENT}`;
