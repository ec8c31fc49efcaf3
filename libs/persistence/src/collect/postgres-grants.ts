import { invariant } from '#domain/refusal.js';
import { RISKS } from '#domain/risk.js';
import type { Grants } from '#escalations/collect/grants.js';
import type { GrantRow, GrantUpdate, NewGrant } from '#escalations/rows/grant.js';
import type { Queryable } from '../connection/queryable.js';
import { at, NOW } from '../sql/columns.js';
import { GRANT_COLUMNS, GRANT_FROM } from '../sql/grants.js';
import { withAncestors } from '../sql/state-now.js';

type Found = GrantRow & { now: number };
type Key = 'id' | 'escalation_id';

const STATUS_AFTER = {
  activated: 'active',
  completed: 'completed',
  revoked: 'revoked',
  expired: 'expired',
} as const;

/** Grants over a transaction's connection, or for reading over the pool. */
export class PostgresGrants implements Grants {
  /** @param issued is told of every new grant before it is written */
  constructor(
    private readonly db: Queryable,
    private readonly issued: (row: NewGrant) => void = () => undefined,
  ) {}

  byId(id: string): ReturnType<Grants['byId']> {
    return this.find('id', id);
  }

  ofEscalation(escalationId: string): ReturnType<Grants['ofEscalation']> {
    return this.find('escalation_id', escalationId);
  }

  lock(id: string): ReturnType<Grants['lock']> {
    return this.lockBy('id', id);
  }

  lockOfEscalation(escalationId: string): ReturnType<Grants['lockOfEscalation']> {
    return this.lockBy('escalation_id', escalationId);
  }

  async lockAncestors(parents: GrantRow['parents']): Promise<void> {
    if (parents === null) return;
    await this.db.query({
      name: 'grants-lock-above',
      text: `select 1 from "grants" where "id" = any($1::text[]) order by array_position($1::text[], "id") for update`,
      values: [[...parents].reverse()],
    });
  }

  async insert(row: NewGrant): Promise<GrantRow> {
    this.issued(row);
    await this.db.query({
      name: 'grant-insert',
      text: `insert into "grants" ("id", "escalation_id", "agent_uid", "agent_id", "resource", "actions", "status", "last_change", "digest", "granted",
               "grant_digest", "max_uses", "mac", "created_at", "ready_until", "deadline", "heartbeat_seconds", "parents", "risk_order", "people_asked")
             values ($1, $2, $3, $4, $5, $6, 'ready', 'issued', $7, $8, $9, $10, $11, ${at(12)}, ${at(13)}, ${at(13)}, $14, $15, $16, $17)`,
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
        row.parents,
        RISKS.indexOf(row.risk),
        row.peopleAsked,
      ],
    });
    const found = await this.byId(row.id);
    invariant(found !== null, 'an inserted grant is there');
    return found.grant;
  }

  /** Compare-and-swap on the version; the trigger refuses what the table of changes does not hold. */
  async change(id: string, fromVersion: number, update: GrantUpdate): Promise<GrantRow> {
    const status = STATUS_AFTER[update.change];
    const ends = status !== 'active';
    const { rowCount } = await this.db.query({
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
    const found = await this.byId(id);
    invariant(found !== null, 'a changed grant is there');
    return found.grant;
  }

  /** Signs of life only come later, whatever order they are written in. */
  async recordHeartbeat(grantId: string, now: number): Promise<void> {
    await this.db.query({
      name: 'grant-heard',
      text: `insert into "grant_heartbeats" as h ("grant_id", "at") values ($1, ${at(2)})
             on conflict ("grant_id") do update set "at" = greatest(h."at", excluded."at")`,
      values: [grantId, now],
    });
  }

  /** Locks first, then reads row and clock in a second statement, which sees what the lock waited for. */
  private async lockBy(where: Key, value: string): Promise<{ grant: GrantRow; now: number } | null> {
    const { rowCount } = await this.db.query({
      name: `grant-lock-${where}`,
      text: `select 1 from "grants" where "${where}" = $1 for update`,
      values: [value],
    });
    return rowCount === 0 ? null : this.find(where, value);
  }

  private async find(where: Key, value: string): Promise<{ grant: GrantRow; now: number } | null> {
    const { rows } = await this.db.query<Found>({
      name: `grant-by-${where}`,
      text: `select ${GRANT_COLUMNS}, ${NOW} ${GRANT_FROM} where g."${where}" = $1`,
      values: [value],
    });
    const [row] = await withAncestors(this.db, rows);
    return split(row);
  }
}

function split(row: Found | undefined): { grant: GrantRow; now: number } | null {
  if (row === undefined) return null;
  const { now, ...grant } = row;
  return { grant, now };
}
