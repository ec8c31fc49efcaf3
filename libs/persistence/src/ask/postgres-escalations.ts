import { ESCALATION_BIRTH, nextEscalationStatus } from '#domain/escalation/lifecycle.js';
import { invariant } from '#domain/refusal.js';
import type { Escalations } from '#escalations/ask/escalations.js';
import type { TraceContext } from '#escalations/watch/observation.js';
import type { EscalationRow, EscalationUpdate, NewEscalation } from '#escalations/rows/escalation.js';
import type { Queryable } from '../connection/queryable.js';
import { insertTrace } from './postgres-traces.js';
import { at, NOW } from '../sql/columns.js';
import { ESCALATION_COLUMNS, ESCALATION_FROM } from '../sql/escalations.js';
import { withAncestors } from '../sql/state-now.js';

type Found = EscalationRow & { now: number };

/** Escalations over a transaction's connection, or for reading over the pool. */
export class PostgresEscalations implements Escalations {
  /**
   * @param trace where the work that writes stands, kept with a new escalation
   * @param written is told of every row that is new or changed
   */
  constructor(
    private readonly db: Queryable,
    private readonly trace: TraceContext | null = null,
    private readonly written: (row: EscalationRow) => void = () => undefined,
  ) {}

  byId(id: string): ReturnType<Escalations['byId']> {
    return this.find('id', id);
  }

  byDeferralHash(hash: Buffer): ReturnType<Escalations['byDeferralHash']> {
    return this.find('deferral_hash', hash);
  }

  /** Locks first, then reads row and clock in a second statement, which sees what the lock waited for. */
  async lock(id: string): Promise<{ escalation: EscalationRow; now: number } | null> {
    const { rowCount } = await this.db.query({
      name: 'escalation-lock',
      text: `select 1 from "escalations" where "id" = $1 for update`,
      values: [id],
    });
    return rowCount === 0 ? null : this.byId(id);
  }

  async insert(row: NewEscalation): Promise<EscalationRow> {
    await this.db.query({
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
        row.parents,
      ],
    });
    const found = await this.byId(row.id);
    invariant(found !== null, 'an inserted escalation is there');
    if (this.trace !== null) await insertTrace(this.db, row.id, this.trace);
    this.written(found.escalation);
    return found.escalation;
  }

  /** Compare-and-swap on the version; the trigger refuses what the table of changes does not hold. */
  async change(id: string, fromVersion: number, update: EscalationUpdate): Promise<EscalationRow> {
    const status = nextEscalationStatus('pending', update.change);
    invariant(status !== null, `a pending escalation cannot be ${update.change}`);
    const { rowCount } = await this.db.query({
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
    const found = await this.byId(id);
    invariant(found !== null, 'a changed escalation is there');
    this.written(found.escalation);
    return found.escalation;
  }

  async markPoll(id: string, intervalSeconds: number): Promise<boolean> {
    const { rows } = await this.db.query<{ soon: boolean }>({
      name: 'poll-mark',
      text: `with before as (select "at" from "poll_marks" where "escalation_id" = $1),
             marked as (insert into "poll_marks" ("escalation_id", "at") values ($1, clock_timestamp())
               on conflict ("escalation_id") do update set "at" = excluded."at")
             select coalesce((select "at" > clock_timestamp() - make_interval(secs => $2) from before), false) as "soon"`,
      values: [id, intervalSeconds],
    });
    return rows[0]?.soon ?? false;
  }

  private async find(
    where: 'id' | 'deferral_hash',
    value: string | Buffer,
  ): Promise<{ escalation: EscalationRow; now: number } | null> {
    const { rows } = await this.db.query<Found>({
      name: `escalation-by-${where}`,
      text: `select ${ESCALATION_COLUMNS}, ${NOW} ${ESCALATION_FROM} where e."${where}" = $1`,
      values: [value],
    });
    const [row] = await withAncestors(this.db, rows);
    return split(row);
  }
}

function split(row: Found | undefined): { escalation: EscalationRow; now: number } | null {
  if (row === undefined) return null;
  const { now, ...escalation } = row;
  return { escalation, now };
}
