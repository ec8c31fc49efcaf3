import { Injectable } from '@nestjs/common';
import type pg from 'pg';
import { type Catalog, resourceIn } from '#domain/catalog.js';
import { configurationChanges } from '#escalations/configure/configuration-changes.js';
import {
  ConfigurationStore,
  type AppliedConfiguration,
  type ConfigurationChange,
  type ConfigurationVersion,
  type NewConfiguration,
} from '#escalations/judge/configuration-store.js';
import { Ids } from '#escalations/ports.js';
import { cancelRetiredAsks } from '#escalations/end/retired-asks.js';
import { nextPeople } from '#escalations/configure/roster.js';
import type { Actor } from '#escalations/rows/history.js';
import { inTransaction } from '../connection/in-transaction.js';
import { databaseNow, suspend, takeAgents, takeLivingAgents } from '../sql/agents.js';
import { endPeople } from './end-people.js';
import { Journal } from '../connection/journal.js';
import { RandomIds } from '../connection/random-ids.js';
import { DatabasePool } from '../connection/pool.js';
import { transactionOver } from '../transaction/postgres-transaction.js';
import { insertSealed, SealedConfigurations } from '../sql/sealed-configurations.js';

/** Advisory lock: one configuration is applied at a time. */
const APPLY = 7700;

/** Configurations as sealed rows; agents also as rows of their own, for locks. */
@Injectable()
export class PostgresConfigurationStore extends ConfigurationStore {
  constructor(
    private readonly pool: DatabasePool,
    private readonly journal: Journal,
    private readonly configurations: SealedConfigurations,
    private readonly ids: Ids = new RandomIds(),
  ) {
    super();
  }

  override async currentVersion(): Promise<ConfigurationVersion | null> {
    const inForce = await this.current();
    return inForce === null ? null : { seq: inForce.seq, sha256: inForce.sha256 };
  }

  override current(): Promise<AppliedConfiguration | null> {
    return this.configurations.newest(this.pool);
  }

  override inForce(policyVersion: string, at: number): Promise<readonly AppliedConfiguration[]> {
    return this.configurations.inForceAt(this.pool, policyVersion, at);
  }

  override apply(next: NewConfiguration, actor: Actor): Promise<readonly ConfigurationChange[]> {
    return inTransaction(this.pool, async (client) => {
      await client.query('select pg_advisory_xact_lock($1)', [APPLY]);
      const before = await this.configurations.newest(client);
      const changes = configurationChanges(before, next);
      if (changes.length > 0) await this.write(client, before, next, changes, actor);
      return changes;
    });
  }

  private async write(
    client: pg.PoolClient,
    before: AppliedConfiguration | null,
    next: NewConfiguration,
    changes: readonly ConfigurationChange[],
    actor: Actor,
  ): Promise<void> {
    const ids = next.catalog.people.map((person) => person.id);
    const people = nextPeople(before?.people ?? {}, ids, () => this.ids.next('per'), await databaseNow(client));
    const applied = { ...next, people, appliedBy: `${actor.kind}:${actor.id}` };
    const seq = await insertSealed(client, this.configurations.seals, applied);
    const retires = before !== null && leaves(before.catalog, next.catalog);
    // Asks under way are waited for and later ones wait: no request stays open for what has left the catalog.
    if (retires) await takeLivingAgents(client);
    await writeAgents(client, next.catalog, actor);
    const gone = Object.keys(before?.people ?? {}).filter((id) => !Object.hasOwn(people, id));
    const now = await databaseNow(client);
    const tx = transactionOver(client, this.journal, this.configurations);
    await tx.journal.record(await endPeople(client, gone, actor), now);
    const entries = changes.map((change) => ({
      type: 'config.applied' as const,
      actor,
      ...(change.kind === 'agent' ? { agent: change.id } : {}),
      data: { ...change, configuration: next.sha256, policy_version: next.policyVersion },
    }));
    await tx.journal.record(entries, now);
    // Once for the whole apply, of which each change is an event.
    await tx.journal.enqueue([{ topic: 'policy.reevaluate', payload: { id: seq } }]);
    if (retires) await cancelRetiredAsks(tx, next.catalog, actor);
    await tx.journal.announce();
  }
}

/** True when something could be asked for before and cannot be any more. */
function leaves(before: Catalog, after: Catalog): boolean {
  return before.resources.some(({ id, actions }) => {
    const kept = new Set(resourceIn(after, id)?.actions.map(({ name }) => name));
    return actions.some(({ name }) => !kept.has(name));
  });
}

/**
 * An agent that left is retired with its bar set: whatever it held or asked is over. The bar is read from the clock when
 * all that was under way for it is done, or what was granted meanwhile would be younger than its own end.
 */
async function writeAgents(client: pg.PoolClient, catalog: Catalog, actor: Actor): Promise<void> {
  const given = JSON.stringify(catalog.agents.map((agent) => ({ id: agent.id, owner: agent.owner })));
  const { rows: changing } = await client.query<{ uid: string; id: string; leaves: boolean }>(
    `select a."uid", a."id", r."id" is null as "leaves"
     from "agents" a left join json_to_recordset($1::json) as r("id" text, "owner" text) on r."id" = a."id"
     where a."retired_at" is null and (r."id" is null or r."owner" <> a."owner")`,
    [given],
  );
  const uids = changing.map((agent) => agent.uid);
  if (uids.length > 0) await takeAgents(client, uids);
  const leaving = changing.filter((agent) => agent.leaves);
  for (const { uid } of leaving) await suspend(client, uid, { actor, reason: null }, true);
  // An agent that comes under such an id is a new one: the answers kept for the old one are not its own.
  await client.query(`delete from "idempotency_keys" where "caller" = any($1)`, [leaving.map((agent) => agent.id)]);
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
