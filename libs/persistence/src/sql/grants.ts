import type pg from 'pg';
import type { GrantRow, GrantUpdate, NewGrant, TokenRow } from '#escalations/rows.js';
import { invariant } from '#domain/refusal.js';
import { RISKS } from '#domain/risk.js';
import { at, ms, NOW } from './columns.js';
import { EPOCHS } from './ends.js';
import { standingColumns, withAbove } from './standing.js';

type Queryable = pg.Pool | pg.PoolClient;

/** What decides whether tokens of a grant may be used, for `withAbove` to judge. */
export const IN_USE_COLUMNS = `${standingColumns('g', 'a')}, g."max_uses" as "maxUses", g."uses", ${ms('g."created_at"')} as "createdAt",
  ${EPOCHS}, g."parents"`;
export const GRANT_COLUMNS = `${IN_USE_COLUMNS}, g."agent_uid" as "agentUid", g."resource",
  g."actions", g."version", g."digest", g."granted", g."grant_digest" as "grantDigest", g."mac", g."outcome"`;
export const GRANT_FROM = `from "grants" g join "agents" a on a."uid" = g."agent_uid"`;
export const TOKEN_COLUMNS = `t."jti", t."grant_id" as "grantId", t."kid", t."claims", ${ms('t."minted_at"')} as "mintedAt",
  ${ms('t."expires_at"')} as "expiresAt", ${ms('t."ended_at"')} as "endedAt", t."redeem_key" as "redeemKey", t."renewed_from" as "renewedFrom", t."canonical"`;

type Found = GrantRow & { now: number };
type Key = 'id' | 'escalation_id';

function split(row: Found | undefined): { grant: GrantRow; now: number } | null {
  if (row === undefined) return null;
  const { now, ...grant } = row;
  return { grant, now };
}

export async function findGrant(
  db: Queryable,
  where: Key,
  value: string,
): Promise<{ grant: GrantRow; now: number } | null> {
  const { rows } = await db.query<Found>({
    name: `grant-by-${where}`,
    text: `select ${GRANT_COLUMNS}, ${NOW} ${GRANT_FROM} where g."${where}" = $1`,
    values: [value],
  });
  const [row] = await withAbove(db, rows);
  return split(row);
}

/** Locks first, then reads row and clock in a second statement, which sees what the lock waited for. */
export async function lockGrant(
  db: Queryable,
  where: Key,
  value: string,
): Promise<{ grant: GrantRow; now: number } | null> {
  const { rowCount } = await db.query({
    name: `grant-lock-${where}`,
    text: `select 1 from "grants" where "${where}" = $1 for update`,
    values: [value],
  });
  return rowCount === 0 ? null : findGrant(db, where, value);
}

/** Locks the grants above one, the topmost first. */
export async function lockAbove(db: Queryable, parents: GrantRow['parents']): Promise<void> {
  if (parents === undefined || parents === null || parents.length === 0) return;
  await db.query({
    name: 'grants-lock-above',
    text: `select 1 from "grants" where "id" = any($1::text[]) order by array_position($1::text[], "id") for update`,
    values: [[...parents].reverse()],
  });
}

export async function insertGrant(db: Queryable, row: NewGrant): Promise<GrantRow> {
  await db.query({
    name: 'grant-insert',
    text: `insert into "grants" ("id", "escalation_id", "agent_uid", "agent_id", "resource", "actions", "status", "last_change", "digest", "granted",
             "grant_digest", "max_uses", "mac", "created_at", "ready_until", "deadline", "heartbeat_seconds", "parents", "risk_order")
           values ($1, $2, $3, $4, $5, $6, 'ready', 'issued', $7, $8, $9, $10, $11, ${at(12)}, ${at(13)}, ${at(13)}, $14, $15, $16)`,
    values: [
      row.id,
      row.escalationId,
      row.agentUid,
      row.agentId,
      row.resource,
      row.actions,
      row.digest,
      JSON.stringify(row.granted),
      row.grantDigest,
      row.maxUses,
      row.mac,
      row.createdAt,
      row.readyUntil,
      row.heartbeatSeconds,
      row.parents ?? null,
      RISKS.indexOf(row.risk),
    ],
  });
  const found = await findGrant(db, 'id', row.id);
  invariant(found !== null, 'an inserted grant is there');
  return found.grant;
}

const STATUS_AFTER = {
  activated: 'active',
  completed: 'completed',
  revoked: 'revoked',
  expired: 'expired',
} as const;

/** Compare-and-swap on the version; the trigger refuses what the table of changes does not hold. */
export async function changeGrant(
  db: Queryable,
  id: string,
  fromVersion: number,
  update: GrantUpdate,
): Promise<GrantRow> {
  const status = STATUS_AFTER[update.change];
  const ends = status !== 'active';
  const { rowCount } = await db.query({
    name: 'grant-change',
    text: `update "grants" set "status" = $3, "last_change" = $4,
             "activated_at" = case when $4 = 'activated' then ${at(5)} else "activated_at" end,
             "expires_at" = case when $4 = 'activated' then ${at(6)} else "expires_at" end,
             "deadline" = case when $4 = 'activated' then ${at(6)} else "deadline" end,
             "ended_at" = case when $7 then ${at(8)} end, "end_reason" = $9, "outcome" = $10
           where "id" = $1 and "version" = $2`,
    values: [
      id,
      fromVersion,
      status,
      update.change,
      update.now,
      update.expiresAt ?? null,
      ends,
      update.endedAt ?? update.now,
      ends ? (update.endReason ?? null) : null,
      update.outcome ?? null,
    ],
  });
  invariant(rowCount === 1, `grant ${id} moved under its lock`);
  const found = await findGrant(db, 'id', id);
  invariant(found !== null, 'a changed grant is there');
  return found.grant;
}

export async function insertToken(db: Queryable, row: Omit<TokenRow, 'endedAt'>): Promise<void> {
  await db.query({
    name: 'token-insert',
    text: `insert into "tokens" ("jti", "grant_id", "kid", "claims", "minted_at", "expires_at", "redeem_key", "renewed_from", "canonical")
           values ($1, $2, $3, $4, ${at(5)}, ${at(6)}, $7, $8, true)`,
    values: [
      row.jti,
      row.grantId,
      row.kid,
      JSON.stringify(row.claims),
      row.mintedAt,
      row.expiresAt,
      row.redeemKey,
      row.renewedFrom,
    ],
  });
}

/** Signs of life only come later, whatever order they are written in. */
export async function hearOf(db: Queryable, grantId: string, now: number): Promise<void> {
  await db.query({
    name: 'grant-heard',
    text: `insert into "grant_heartbeats" as h ("grant_id", "at") values ($1, ${at(2)})
           on conflict ("grant_id") do update set "at" = greatest(h."at", excluded."at")`,
    values: [grantId, now],
  });
}

export async function endTokens(db: Queryable, grantId: string, now: number): Promise<void> {
  await db.query({
    name: 'token-end',
    text: `update "tokens" set "ended_at" = ${at(2)} where "grant_id" = $1 and "ended_at" is null`,
    values: [grantId, now],
  });
}

export async function findToken(db: Queryable, jti: string): Promise<TokenRow | null> {
  const { rows } = await db.query<TokenRow>({
    name: 'token-by-jti',
    text: `select ${TOKEN_COLUMNS} from "tokens" t where t."jti" = $1`,
    values: [jti],
  });
  return rows[0] ?? null;
}

export async function liveToken(db: Queryable, grantId: string): Promise<TokenRow | null> {
  const { rows } = await db.query<TokenRow>({
    name: 'token-live',
    text: `select ${TOKEN_COLUMNS} from "tokens" t where t."grant_id" = $1 and t."ended_at" is null`,
    values: [grantId],
  });
  return rows[0] ?? null;
}

export async function tokensOf(db: Queryable, grantId: string): Promise<TokenRow[]> {
  const { rows } = await db.query<TokenRow>({
    name: 'tokens-of-grant',
    text: `select ${TOKEN_COLUMNS} from "tokens" t where t."grant_id" = $1 order by t."minted_at"`,
    values: [grantId],
  });
  return rows;
}
