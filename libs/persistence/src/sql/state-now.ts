import type pg from 'pg';
import { LIMITS } from '#domain/limits.js';
import type { AncestorGrant, GrantRow } from '#escalations/rows/grant.js';
import { ms } from './columns.js';
import { grantEnds, judged } from './ends.js';
import { grantKilledAt, SWITCHED_LATELY, taskKilled } from './kills.js';
import { askRestored, GRANTS_RESTORED_LATELY, grantRestoredAt } from './restores.js';

/** What decides how a grant stands by itself, for `withAncestors` to judge. @param g alias of the grant @param a alias of its agent */
export function stateColumns(g: string, a: string): string {
  return `${g}."id", ${g}."escalation_id" as "escalationId", ${g}."agent_id" as "agentId", ${g}."status", ${g}."people_asked" as "peopleAsked",
  ${ms(`${g}."ready_until"`)} as "readyUntil", ${ms(`${g}."activated_at"`)} as "activatedAt", ${ms(`${g}."expires_at"`)} as "expiresAt",
  ${ms(`${g}."ended_at"`)} as "endedAt", ${g}."end_reason" as "endReason",
  ${grantEnds(g, a)},
  (select ${ms('k."compromised_at"')} from "tokens" t join "signing_keys" k on k."kid" = t."kid"
   where t."grant_id" = ${g}."id" and t."ended_at" is null) as "keyCompromisedAt",
  ${ms(grantRestoredAt(g))} as "restoredAt", ${g}."heartbeat_seconds" as "heartbeatSeconds",
  (select ${ms('h."at"')} from "grant_heartbeats" h where h."grant_id" = ${g}."id") as "lastHeartbeatAt"`;
}

/**
 * Judges what has ended the rows, and adds the grants above to those that have any: one statement for all of them, none
 * where there are none, so that reading a grant that stands alone costs nothing more. One that is not there is over: an
 * odd row harms nothing but itself.
 */
export async function withAncestors<R extends Pick<GrantRow, 'parents' | 'ancestors'>>(
  db: pg.Pool | pg.PoolClient,
  read: readonly R[],
): Promise<R[]> {
  const rows = judged(db, read);
  const ids = [...new Set(rows.flatMap(({ parents }) => parents ?? []))];
  if (ids.length === 0) return rows.map((row) => ({ ...row, ancestors: [] }));
  const found = await db.query<AncestorGrant>({
    // The sub-select hides how many there are: knowing it, PostgreSQL would plan anew at every call.
    name: 'grants-above',
    text: `select e."owner_id" as "ownerId", ${stateColumns('g', 'a')}, g."agent_uid" as "agentUid", g."resource", g."digest", g."granted",
             g."grant_digest" as "grantDigest", g."mac", g."parents", g."version", g."max_uses" as "maxUses", g."uses" from "grants" g join "agents" a on a."uid" = g."agent_uid"
           join "escalations" e on e."id" = g."escalation_id" where g."id" = any(array(select unnest($1::text[])))`,
    values: [ids],
  });
  const byId = new Map(judged(db, found.rows).map((grant) => [grant.id, grant]));
  return rows.map((row) => ({ ...row, ancestors: (row.parents ?? []).map((id) => byId.get(id) ?? missing(id)) }));
}

function missing(id: string): AncestorGrant {
  return {
    id,
    escalationId: '',
    ownerId: '',
    agentUid: '',
    agentId: '',
    resource: '',
    digest: '',
    granted: { authorization_details: [], ttl: 0, max_uses: 0 },
    grantDigest: '',
    mac: '',
    peopleAsked: true,
    parents: null,
    version: 0,
    maxUses: 0,
    uses: 0,
    status: 'revoked',
    readyUntil: 0,
    activatedAt: null,
    expiresAt: 0,
    endedAt: 0,
    endReason: null,
    barred: false,
    barredAt: null,
    keyCompromisedAt: null,
    killedAt: null,
    restoredAt: null,
    heartbeatSeconds: null,
    lastHeartbeatAt: null,
  };
}

/** When an active grant ends for silence, null where it cannot; twin of `heartbeatDeadline`. @param g alias of the grant */
export function heartbeatDeadline(g: string): string {
  return `case when ${g}."status" = 'active' and ${g}."heartbeat_seconds" is not null then
  greatest(${g}."activated_at", (select h."at" from "grant_heartbeats" h where h."grant_id" = ${g}."id"))
  + ${g}."heartbeat_seconds" * ${LIMITS.heartbeatsMissedMax} * interval '1 second' end`;
}

/** When time ends an open grant. @param g alias of the grant */
function overAt(g: string): string {
  return `least(${g}."deadline", ${heartbeatDeadline(g)})`;
}

/** The first of what ends a grant before its time: suspension, compromised key, kill switch, review of a restore; null: nothing has. */
function cutShortAt(g: string, a: string): string {
  return `least(
    case when ${g}."created_at" <= ${a}."not_before" and ${a}."not_before" <= clock_timestamp() then ${a}."not_before" end,
    (select min(k."compromised_at") from "tokens" t join "signing_keys" k on k."kid" = t."kid" where t."grant_id" = ${g}."id" and t."ended_at" is null),
    ${grantKilledAt(g)}, ${grantRestoredAt(g)})`;
}

/** When the first of the grants above a row ended, null while all live; twin of `ancestorEndedAt`. @param row alias of a request or grant */
function ancestorEndedAt(row: string): string {
  return `(select min(case when up."status" not in ('ready', 'active') then up."ended_at"
      else least(${cutShortAt('up', 'ua')}, case when clock_timestamp() >= ${overAt('up')} then ${overAt('up')} end) end)
    from "grants" up join "agents" ua on ua."uid" = up."agent_uid" where up."id" = any(${row}."parents"))`;
}

/** The status as clock, silence, suspensions, keys, switches, reviews and the grants above make it; twin of `grantState`, for a grant `g` and its agent `a`. */
export const GRANT_STATUS_NOW = `case
  when g."status" not in ('ready', 'active') then g."status"
  when ${cutShortAt('g', 'a')} <= ${overAt('g')} then 'revoked'
  when g."parents" is not null and ${ancestorEndedAt('g')} < ${overAt('g')} then 'revoked'
  when clock_timestamp() >= ${overAt('g')} then 'expired' else g."status" end`;

/** Something has ended grants of late that seldom does: asked once, however many grants are counted. */
const CUT_SHORT_LATELY = `(${SWITCHED_LATELY} or ${GRANTS_RESTORED_LATELY}
  or exists (select 1 from "signing_keys" k where k."compromised_at" > clock_timestamp() - interval '8 days'))`;

/**
 * True for a grant `g` of the agent `a` that is ready or active now: `GRANT_STATUS_NOW` for lists and counts. Columns and
 * clock come first, since the indexes hold what the column says is open, and each grant that is looked at further costs.
 */
export const GRANT_OPEN_NOW = `g."status" in ('ready', 'active') and g."deadline" > clock_timestamp()
  and case when ${CUT_SHORT_LATELY} or g."parents" is not null or g."heartbeat_seconds" is not null
    then (${GRANT_STATUS_NOW}) in ('ready', 'active')
    else (a."not_before" is null or g."created_at" > a."not_before") end`;

/**
 * True for a request that waits for people now, whatever has been written: twin of `escalationState`, as far as seals are
 * known to be broken. The column comes first: the indexes hold what it says is pending.
 * @param e alias of the escalation @param a alias of its agent
 */
export function escalationOpenNow(e: string, a: string): string {
  return `${e}."status" = 'pending' and ${e}."deadline" > clock_timestamp()
    and (${a}."not_before" is null or ${e}."created_at" > ${a}."not_before")
    and not ${askRestored(e)} and not ${taskKilled(e)}
    and (${e}."parents" is null or ${ancestorEndedAt(e)} is null)`;
}

/** SQL: ids of open grants that a grant above them has ended. The caller appends a `limit`. */
export const ORPHANED_GRANTS = `select g."id" from "grants" g
  where g."status" in ('ready', 'active') and g."parents" is not null and ${ancestorEndedAt('g')} is not null`;

/** SQL: ids of pending requests that a grant above them has ended. The caller appends a `limit`. */
export const ORPHANED_ESCALATIONS = `select e."id" from "escalations" e
  where e."status" = 'pending' and e."parents" is not null and ${ancestorEndedAt('e')} is not null`;
