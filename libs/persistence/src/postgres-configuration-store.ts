import { Injectable } from '@nestjs/common';
import type pg from 'pg';
import type { Catalog } from '#domain/catalog.js';
import { configurationChanges } from '#escalations/configuration-changes.js';
import {
  ConfigurationStore,
  Ids,
  type AppliedConfiguration,
  type ConfigurationChange,
  type ConfigurationVersion,
  type NewConfiguration,
} from '#escalations/ports.js';
import { cancelRetiredAsks } from '#escalations/retired-asks.js';
import type { Actor } from '#escalations/rows.js';
import { appendHistory, enqueue } from './sql/history.js';
import { databaseNow, takeAgents, takeLivingAgents } from './sql/agents.js';
import { DatabasePool } from './pool.js';
import { PostgresTransaction } from './postgres-transaction.js';

/** Advisory lock: one configuration is applied at a time. */
const APPLY = 7700;

const VERSION = `"seq"::text as "seq", "sha256", "catalog", "policies"`;

/** Configurations as rows; agents, people and memberships also as rows of their own, for locks and eligibility. */
@Injectable()
export class PostgresConfigurationStore extends ConfigurationStore {
  constructor(
    private readonly pool: DatabasePool,
    private readonly ids: Ids,
  ) {
    super();
  }

  override async currentVersion(): Promise<ConfigurationVersion | null> {
    const { rows } = await this.pool.query<ConfigurationVersion>({
      name: 'config-version',
      text: 'select c."seq"::text as "seq", c."sha256" from "config_versions" c order by c."seq" desc limit 1',
    });
    return rows[0] ?? null;
  }

  override current(): Promise<AppliedConfiguration | null> {
    return readCurrent(this.pool);
  }

  override async inForce(policyVersion: string, at: number): Promise<readonly AppliedConfiguration[]> {
    const { rows } = await this.pool.query<AppliedConfiguration>(
      `(select ${VERSION} from "config_versions" where "policy_version" = $1 order by "config_versions"."seq" desc limit 1)
       union all
       (select ${VERSION} from "config_versions" where "applied_at" <= to_timestamp($2 / 1000.0) order by "config_versions"."seq" desc limit 2)`,
      [policyVersion, at],
    );
    return rows;
  }

  override async apply(next: NewConfiguration, actor: Actor): Promise<readonly ConfigurationChange[]> {
    const client = await this.pool.connect();
    let broken: Error | undefined;
    try {
      await client.query('begin');
      await client.query('select pg_advisory_xact_lock($1)', [APPLY]);
      const before = await readCurrent(client);
      const changes = configurationChanges(before, next);
      if (changes.length > 0) await this.write(client, before, next, changes, actor);
      await client.query('commit');
      return changes;
    } catch (error) {
      await client.query('rollback').catch((failure: Error) => (broken = failure));
      throw error;
    } finally {
      client.release(broken);
    }
  }

  private async write(
    client: pg.PoolClient,
    before: AppliedConfiguration | null,
    next: NewConfiguration,
    changes: readonly ConfigurationChange[],
    actor: Actor,
  ): Promise<void> {
    const {
      rows: [applied],
    } = await client.query<{ seq: string }>(
      `insert into "config_versions" ("sha256", "catalog", "policies", "policy_version", "applied_by") values ($1, $2, $3, $4, $5)
       returning "seq"::text as "seq"`,
      [
        next.sha256,
        JSON.stringify(next.catalog),
        JSON.stringify(next.policies),
        next.policyVersion,
        `${actor.kind}:${actor.id}`,
      ],
    );
    const retires = before !== null && leaves(before.catalog, next.catalog);
    // Whoever is asking now is waited for, whoever comes later waits: nothing is left open that has left the catalog.
    if (retires) await takeLivingAgents(client);
    await writeAgents(client, next.catalog);
    await writePeople(client, next.catalog);
    await writeMembers(client, next.catalog);
    const now = await databaseNow(client);
    const entries = changes.map((change) => ({
      type: 'config.applied' as const,
      actor,
      ...(change.kind === 'agent' ? { agent: change.id } : {}),
      data: { ...change, configuration: next.sha256, policy_version: next.policyVersion },
    }));
    await appendHistory(client, entries, now, () => this.ids.next('evt'));
    await enqueue(client, [{ topic: 'policy.reevaluate', payload: { id: applied?.seq ?? '' } }]);
    if (!retires) return;
    const tx = new PostgresTransaction(client, this.ids);
    await cancelRetiredAsks(tx, next.catalog, actor);
    await tx.announceRest();
  }
}

async function readCurrent(db: pg.Pool | pg.PoolClient): Promise<AppliedConfiguration | null> {
  const { rows } = await db.query<AppliedConfiguration>(
    `select ${VERSION} from "config_versions" order by "config_versions"."seq" desc limit 1`,
  );
  return rows[0] ?? null;
}

/** True when something could be asked for before and cannot be any more. */
function leaves(before: Catalog, after: Catalog): boolean {
  return before.resources.some(({ id, actions }) => {
    const kept = new Set(after.resources.find((resource) => resource.id === id)?.actions.map(({ name }) => name));
    return actions.some(({ name }) => !kept.has(name));
  });
}

/**
 * An agent that left is retired with its bar set: whatever it held or asked is over. The bar is read from the clock when
 * all that was under way for it is done, or what was granted meanwhile would be younger than its own end.
 */
async function writeAgents(client: pg.PoolClient, catalog: Catalog): Promise<void> {
  const given = JSON.stringify(catalog.agents.map((agent) => ({ id: agent.id, owner: agent.owner })));
  const { rows: changing } = await client.query<{ uid: string; leaves: boolean }>(
    `select a."uid", r."id" is null as "leaves"
     from "agents" a left join json_to_recordset($1::json) as r("id" text, "owner" text) on r."id" = a."id"
     where a."retired_at" is null and (r."id" is null or r."owner" <> a."owner")`,
    [given],
  );
  const uids = changing.map((agent) => agent.uid);
  if (uids.length > 0) await takeAgents(client, uids);
  const { rows: retired } = await client.query<{ id: string }>(
    `update "agents" set "retired_at" = clock_timestamp(), "suspended" = true, "not_before" = clock_timestamp()
     where "uid" = any($1::bigint[]) returning "id"`,
    [changing.filter((agent) => agent.leaves).map((agent) => agent.uid)],
  );
  // Whoever comes under such an id is a new agent: the answers kept for the old one are not its own.
  await client.query(`delete from "idempotency_keys" where "caller" = any($1)`, [retired.map((agent) => agent.id)]);
  await client.query(
    `update "agents" a set "owner" = r."owner" from json_to_recordset($1::json) as r("id" text, "owner" text)
     where a."id" = r."id" and a."retired_at" is null and a."owner" <> r."owner"`,
    [given],
  );
  await client.query(
    `insert into "agents" ("id", "owner") select r."id", r."owner" from json_to_recordset($1::json) as r("id" text, "owner" text)
     where not exists (select 1 from "agents" a where a."id" = r."id" and a."retired_at" is null)`,
    [given],
  );
}

async function writePeople(client: pg.PoolClient, catalog: Catalog): Promise<void> {
  const given = JSON.stringify(catalog.people.map((person) => ({ id: person.id, roles: person.roles })));
  await client.query(
    `insert into "people" ("id", "roles") select r."id", r."roles" from json_to_recordset($1::json) as r("id" text, "roles" text[])
     on conflict ("id") do update set "roles" = excluded."roles", "retired_at" = null`,
    [given],
  );
  // Sessions and codes end with the account: somebody who comes back signs in again.
  await client.query(
    `with retired as (
       update "people" set "retired_at" = clock_timestamp()
       where "retired_at" is null and "id" not in (select r."id" from json_to_recordset($1::json) as r("id" text)) returning "id"),
     spent as (
       update "login_codes" set "used_at" = clock_timestamp() where "used_at" is null and "person_id" in (select "id" from retired))
     update "sessions" set "ended_at" = clock_timestamp() where "ended_at" is null and "person_id" in (select "id" from retired)`,
    [given],
  );
}

async function writeMembers(client: pg.PoolClient, catalog: Catalog): Promise<void> {
  const given = JSON.stringify(
    catalog.groups.flatMap((group) => group.members.map((member) => ({ group: group.id, member }))),
  );
  await client.query(
    `delete from "group_members" m where not exists
       (select 1 from json_to_recordset($1::json) as r("group" text, "member" text) where r."group" = m."group_id" and r."member" = m."member_id")`,
    [given],
  );
  await client.query(
    `insert into "group_members" ("group_id", "member_id") select r."group", r."member" from json_to_recordset($1::json) as r("group" text, "member" text)
     on conflict do nothing`,
    [given],
  );
}
