import type pg from 'pg';
import { LIMITS } from '#domain/limits.js';
import { invariant } from '#domain/refusal.js';
import type { GrantAbove, GrantRow } from '#escalations/rows.js';
import { ms } from './columns.js';
import { grantKilledAt } from './kills.js';
import { grantRestoredAt } from './restores.js';

/** What decides how a grant stands by itself. @param g alias of the grant @param a alias of its agent */
export function standingColumns(g: string, a: string): string {
  return `${g}."id", ${g}."escalation_id" as "escalationId", ${g}."agent_id" as "agentId", ${g}."status",
  ${ms(`${g}."ready_until"`)} as "readyUntil", ${ms(`${g}."activated_at"`)} as "activatedAt", ${ms(`${g}."expires_at"`)} as "expiresAt",
  ${ms(`${g}."ended_at"`)} as "endedAt", ${g}."end_reason" as "endReason",
  coalesce(${g}."created_at" <= ${a}."not_before", false) as "barred",
  case when ${g}."created_at" <= ${a}."not_before" then ${ms(`${a}."not_before"`)} end as "barredAt",
  (select ${ms('k."compromised_at"')} from "tokens" t join "signing_keys" k on k."kid" = t."kid"
   where t."grant_id" = ${g}."id" and t."ended_at" is null) as "keyCompromisedAt",
  ${ms(grantKilledAt(g))} as "killedAt", ${ms(grantRestoredAt(g))} as "restoredAt", ${g}."heartbeat_seconds" as "heartbeatSeconds",
  (select ${ms('h."at"')} from "grant_heartbeats" h where h."grant_id" = ${g}."id") as "heardAt"`;
}

/**
 * Adds the grants above to the rows that have any: one statement for all of them, none where there are none, so that
 * reading a grant that stands alone costs nothing more. @throws when one is missing
 */
export async function withAbove<R extends Pick<GrantRow, 'parents' | 'above'>>(
  db: pg.Pool | pg.PoolClient,
  rows: readonly R[],
): Promise<R[]> {
  const ids = [...new Set(rows.flatMap(({ parents }) => parents ?? []))];
  if (ids.length === 0) return [...rows];
  const found = await db.query<GrantAbove>({
    // The sub-select hides how many there are: knowing it, PostgreSQL would plan anew at every call.
    name: 'grants-above',
    text: `select e."owner_id" as "ownerId", ${standingColumns('g', 'a')} from "grants" g join "agents" a on a."uid" = g."agent_uid"
           join "escalations" e on e."id" = g."escalation_id" where g."id" = any(array(select unnest($1::text[])))`,
    values: [ids],
  });
  const byId = new Map(found.rows.map((grant) => [grant.id, grant]));
  return rows.map((row) => ({ ...row, above: (row.parents ?? []).map((id) => known(byId, id)) }));
}

function known(byId: ReadonlyMap<string, GrantAbove>, id: string): GrantAbove {
  const grant = byId.get(id);
  invariant(grant !== undefined, `grant ${id}, which others are under, is there`);
  return grant;
}

/** When an active grant ends for silence, null where it cannot; twin of `silenceOf`. @param g alias of the grant */
export function silentAt(g: string): string {
  return `case when ${g}."status" = 'active' and ${g}."heartbeat_seconds" is not null then
  greatest(${g}."activated_at", (select h."at" from "grant_heartbeats" h where h."grant_id" = ${g}."id"))
  + ${g}."heartbeat_seconds" * ${LIMITS.heartbeatsMissedMax} * interval '1 second' end`;
}

/** The status as the clock, silence, suspensions and compromised keys make it, whatever has been written yet; `above` puts in what ends it from outside. */
function statusNow(g: string, a: string, above: string): string {
  const overAt = `least(${g}."deadline", ${silentAt(g)})`;
  return `case
  when ${g}."status" not in ('ready', 'active') then ${g}."status"
  when ${a}."not_before" is not null and ${g}."created_at" <= ${a}."not_before" and ${a}."not_before" <= least(clock_timestamp(), ${overAt}) then 'revoked'
  when exists (select 1 from "tokens" t join "signing_keys" k on k."kid" = t."kid"
               where t."grant_id" = ${g}."id" and t."ended_at" is null and k."compromised_at" <= ${overAt}) then 'revoked'
  when ${grantKilledAt(g)} <= ${overAt} then 'revoked'
  when ${grantRestoredAt(g)} <= ${overAt} then 'revoked'
  ${above}
  when clock_timestamp() >= ${overAt} then 'expired' else ${g}."status" end`;
}

/** True when a grant above this row is over. @param row alias of a request or grant */
function overAbove(row: string): string {
  return `${row}."parents" is not null and exists (select 1 from "grants" up join "agents" ua on ua."uid" = up."agent_uid"
    where up."id" = any(${row}."parents") and (${statusNow('up', 'ua', '')}) not in ('ready', 'active'))`;
}

/** Twin of `grantStanding`, for a grant `g` and its agent `a`. */
export const GRANT_STATUS_NOW = statusNow('g', 'a', `when ${overAbove('g')} then 'revoked'`);

/** Ids of open grants that a grant above them has ended, for a `limit`. */
export const ORPHANED_GRANTS = `select g."id" from "grants" g where g."status" in ('ready', 'active') and ${overAbove('g')}`;

/** Ids of pending requests that a grant above them has ended, for a `limit`. */
export const ORPHANED_ESCALATIONS = `select e."id" from "escalations" e where e."status" = 'pending' and ${overAbove('e')}`;
