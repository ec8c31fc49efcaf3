import { Injectable } from '@nestjs/common';
import { LIMITS } from '#domain/limits.js';
import { OverdueSource } from '#escalations/close-overdue.js';
import { DatabasePool } from './pool.js';

/** Finds overdue rows by the partial indexes over `(deadline)`, and forgets what is spent. */
@Injectable()
export class PostgresOverdueSource extends OverdueSource {
  constructor(private readonly pool: DatabasePool) {
    super();
  }

  override async overdue(limit: number): Promise<{ escalations: string[]; grants: string[] }> {
    const [escalations, grants, ofCompromisedKeys] = await Promise.all([
      this.ids('escalations', `"status" = 'pending'`, limit),
      this.ids('grants', `"status" in ('ready', 'active')`, limit),
      this.ofCompromisedKeys(limit),
    ]);
    return { escalations, grants: [...new Set([...grants, ...ofCompromisedKeys])] };
  }

  /** Grants whose token was signed by a key that counts no more. */
  private async ofCompromisedKeys(limit: number): Promise<string[]> {
    const { rows } = await this.pool.query<{ id: string }>({
      name: 'overdue-keys',
      text: `select t."grant_id" as "id" from "signing_keys" k join "tokens" t on t."kid" = k."kid" and t."ended_at" is null
             where k."compromised_at" is not null limit $1`,
      values: [limit],
    });
    return rows.map((row) => row.id);
  }

  private async ids(table: 'escalations' | 'grants', open: string, limit: number): Promise<string[]> {
    const { rows } = await this.pool.query<{ id: string }>({
      name: `overdue-${table}`,
      text: `(select "id" from "${table}" where ${open} and "deadline" <= clock_timestamp() order by "deadline" limit $1)
             union
             (select x."id" from "${table}" x join "agents" a on a."uid" = x."agent_uid"
              where x.${open} and a."not_before" is not null and x."created_at" <= a."not_before" limit $1)`,
      values: [limit],
    });
    return rows.map((row) => row.id);
  }

  override async forgetSpent(): Promise<void> {
    await this.pool.query(`delete from "assertion_uses" where "expires_at" < clock_timestamp() - interval '5 minutes'`);
    await this.pool.query(`delete from "slack_deliveries" where "at" < clock_timestamp() - interval '15 minutes'`);
    await this.pool.query(`delete from "outbox" where "dispatched_at" < clock_timestamp() - interval '1 day'`);
    await this.pool.query(`delete from "rate_windows" where "window_start" < clock_timestamp() - interval '5 minutes'`);
    for (const codes of ['login_codes', 'slack_link_codes', 'webauthn_challenges'])
      await this.pool.query(`delete from "${codes}" where "expires_at" < clock_timestamp() - interval '1 day'`);
    await this.pool.query({
      name: 'forget-idempotency',
      text: `delete from "idempotency_keys" k where k."created_at" < clock_timestamp() - make_interval(secs => $1)
             and not exists (select 1 from "escalations" e left join "grants" g on g."escalation_id" = e."id" where e."id" = k."escalation_id"
               and (e."status" = 'pending' or g."status" in ('ready', 'active')
                 or coalesce(g."ended_at", e."decided_at") > clock_timestamp() - make_interval(secs => $1)))`,
      values: [LIMITS.idempotencyKeptSeconds],
    });
  }
}
