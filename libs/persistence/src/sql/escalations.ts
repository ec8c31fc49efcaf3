import type pg from 'pg';
import type { EscalationRow, EscalationUpdate, NewEscalation } from '#escalations/rows.js';
import { ESCALATION_BIRTH, nextEscalationStatus } from '#domain/escalation/lifecycle.js';
import { invariant } from '#domain/refusal.js';
import { at, ms, NOW } from './columns.js';
import { breakGlassReviews, escalationEnds } from './ends.js';
import { askRestoredAt } from './restores.js';
import { withAbove } from './standing.js';

type Queryable = pg.Pool | pg.PoolClient;

/** For `withAbove` to judge. */
export const ESCALATION_COLUMNS = `e."id", e."agent_uid" as "agentUid", e."agent_id" as "agentId", e."owner_id" as "ownerId", e."resource", e."status", e."version",
  e."digest", e."request", e."risk", e."policy_version" as "policyVersion", e."policy", e."policy_mac" as "policyMac",
  ${ms('e."created_at"')} as "createdAt", ${ms('e."deadline"')} as "deadline", ${ms('e."decided_at"')} as "decidedAt",
  e."denial", e."granted", e."grant_digest" as "grantDigest",
  (select json_build_object('skipped', b."skipped", 'usedAt', ${ms('b."used_at"')}, 'reviews', ${breakGlassReviews('b')})
   from "break_glass_uses" b where b."escalation_id" = e."id") as "breakGlass",
  ${escalationEnds('e', 'a')},
  ${ms(askRestoredAt('e'))} as "restoredAt",
  exists (select 1 from "escalation_marks" m where m."escalation_id" = e."id" and m."mark" = 'nudge') as "nudged",
  array(select m."mark" from "escalation_marks" m where m."escalation_id" = e."id" and m."mark" <> 'nudge') as "reminded", e."parents",
  case when e."status" = 'cancelled' then (select json_build_object('leaf', a."leaf", 'mac', a."mac") from "events" v
    join "audit_entries" a on a."event_id" = v."id"
    where v."escalation_id" = e."id" and v."type" = 'escalation.cancelled' order by v."seq" limit 1) end as "cancelled"`;
export const ESCALATION_FROM = `from "escalations" e join "agents" a on a."uid" = e."agent_uid"`;

type Found = EscalationRow & { now: number };

function split(row: Found | undefined): { escalation: EscalationRow; now: number } | null {
  if (row === undefined) return null;
  const { now, ...escalation } = row;
  return { escalation, now };
}

export async function findEscalation(
  db: Queryable,
  where: 'id' | 'deferral_hash',
  value: string | Buffer,
): Promise<{ escalation: EscalationRow; now: number } | null> {
  const { rows } = await db.query<Found>({
    name: `escalation-by-${where}`,
    text: `select ${ESCALATION_COLUMNS}, ${NOW} ${ESCALATION_FROM} where e."${where}" = $1`,
    values: [value],
  });
  const [row] = await withAbove(db, rows);
  return split(row);
}

/** Locks first, then reads row and clock in a second statement, which sees what the lock waited for. */
export async function lockEscalation(
  db: Queryable,
  id: string,
): Promise<{ escalation: EscalationRow; now: number } | null> {
  const { rowCount } = await db.query({
    name: 'escalation-lock',
    text: `select 1 from "escalations" where "id" = $1 for update`,
    values: [id],
  });
  return rowCount === 0 ? null : findEscalation(db, 'id', id);
}

export async function insertEscalation(db: Queryable, row: NewEscalation): Promise<EscalationRow> {
  await db.query({
    name: 'escalation-insert',
    text: `insert into "escalations" ("id", "agent_uid", "agent_id", "owner_id", "resource", "status", "last_change", "digest", "request", "task_id",
             "risk", "policy_version", "policy", "policy_mac", "deferral_hash", "created_at", "deadline", "decided_at", "denial", "granted", "grant_digest", "ask_hash", "parents")
           values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, ${at(16)}, ${at(17)},
             case when $6 = 'pending' then null else ${at(16)} end, $18, $19, $20, $21, $22)`,
    values: [
      row.id,
      row.agentUid,
      row.agentId,
      row.ownerId,
      row.resource,
      ESCALATION_BIRTH[row.birth],
      row.birth,
      row.digest,
      JSON.stringify(row.request),
      row.request.task.id,
      row.risk,
      row.policyVersion,
      JSON.stringify(row.policy),
      row.policyMac,
      row.deferralHash,
      row.now,
      row.deadline,
      row.denial === null ? null : JSON.stringify(row.denial),
      row.granted === null ? null : JSON.stringify(row.granted),
      row.grantDigest,
      row.askHash,
      row.parents ?? null,
    ],
  });
  const found = await findEscalation(db, 'id', row.id);
  invariant(found !== null, 'an inserted escalation is there');
  return found.escalation;
}

/** Compare-and-swap on the version; the trigger refuses what the table of changes does not hold. */
export async function changeEscalation(
  db: Queryable,
  id: string,
  fromVersion: number,
  update: EscalationUpdate,
): Promise<EscalationRow> {
  const status = nextEscalationStatus('pending', update.change);
  invariant(status !== null, `a pending escalation cannot be ${update.change}`);
  const { rowCount } = await db.query({
    name: 'escalation-change',
    text: `update "escalations" set "status" = $3, "last_change" = $4,
             "decided_at" = case when $3 = 'pending' then null else ${at(5)} end, "denial" = $6, "granted" = $7, "grant_digest" = $8
           where "id" = $1 and "version" = $2`,
    values: [
      id,
      fromVersion,
      status,
      update.change,
      update.now,
      update.denial === undefined ? null : JSON.stringify(update.denial),
      update.granted === undefined ? null : JSON.stringify(update.granted),
      update.grantDigest ?? null,
    ],
  });
  invariant(rowCount === 1, `escalation ${id} moved under its lock`);
  const found = await findEscalation(db, 'id', id);
  invariant(found !== null, 'a changed escalation is there');
  return found.escalation;
}
