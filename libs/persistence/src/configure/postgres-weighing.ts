import type pg from 'pg';
import type { AppliedConfiguration } from '#escalations/judge/configuration-store.js';
import type { Reads } from '#escalations/ports.js';
import type { StoredAsk } from '#escalations/configure/replay-configuration.js';
import { voterIn, votersIn } from '#escalations/configure/roster.js';
import { WeighingSource, type LivingGrant, type OpenRequest } from '#escalations/configure/weigh-configuration.js';
import type { Queryable } from '../connection/queryable.js';
import { inTransaction } from '../connection/in-transaction.js';
import type { DatabasePool } from '../connection/pool.js';
import type { SealedConfigurations } from '../sql/sealed-configurations.js';
import { ms } from '../sql/columns.js';
import { escalationOpenNow, GRANT_OPEN_NOW } from '../sql/state-now.js';
import { readsOver } from '../transaction/postgres-reads.js';

/** Reads from one snapshot, in a transaction that can write nothing. It is given up with what it holds when `work` ends. */
export function inSnapshot<T>(pool: DatabasePool, work: (client: pg.PoolClient) => Promise<T>): Promise<T> {
  return inTransaction(pool, async (client) => {
    await client.query('set transaction isolation level repeatable read, read only');
    return work(client);
  });
}

/** What a configuration would meet, over one connection or the pool. */
export class PostgresWeighing extends WeighingSource {
  constructor(private readonly db: Queryable) {
    super();
  }

  override async living(limit: number): ReturnType<WeighingSource['living']> {
    const { rows: grants } = await this.db.query<LivingGrant>(
      `select g."id", g."escalation_id" as "escalationId", g."agent_id" as "agentId", g."resource"
       from "grants" g join "agents" a on a."uid" = g."agent_uid" where ${GRANT_OPEN_NOW} order by g."id" desc limit $1`,
      [limit],
    );
    if (grants.length < limit) return { grants, total: grants.length };
    const { rows } = await this.db.query<{ total: number }>(
      `select count(*)::int as "total" from "grants" g join "agents" a on a."uid" = g."agent_uid" where ${GRANT_OPEN_NOW}`,
    );
    return { grants, total: rows[0]?.total ?? grants.length };
  }

  override async open(limit: number): Promise<readonly OpenRequest[]> {
    const { rows } = await this.db.query<OpenRequest>(
      `select e."id", e."agent_id" as "agentId", e."resource", e."request" from "escalations" e join "agents" a on a."uid" = e."agent_uid"
       where ${escalationOpenNow('e', 'a')} order by e."id" desc limit $1`,
      [limit],
    );
    return rows;
  }

  override async latest(limit: number): Promise<readonly StoredAsk[]> {
    const { rows } = await this.db.query<StoredAsk>(
      `select e."id", e."agent_id" as "agentId", e."request", e."policy" -> 'facts' as "facts", ${ms('e."created_at"')} as "createdAt"
       from "escalations" e order by e."created_at" desc limit $1`,
      [limit],
    );
    return rows;
  }

  override async cancelled(ids: readonly string[]): Promise<number> {
    const { rows } = await this.db.query<{ count: number }>(
      `select count(*)::int as "count" from "escalations" e join "agents" a on a."uid" = e."agent_uid"
       where e."id" = any($1) and (e."status" = 'cancelled' or a."retired_at" is not null)`,
      [ids],
    );
    return rows[0]?.count ?? 0;
  }
}

/** Reads as a broker would on which another configuration is in force: with the people of that one. */
export function readsUnder(db: Queryable, configurations: SealedConfigurations, applied: AppliedConfiguration): Reads {
  return readsOver(db, configurations, undefined, {
    byId: async (person) => voterIn(applied, person),
    ofGroups: async (groups) => votersIn(applied, groups),
  });
}
