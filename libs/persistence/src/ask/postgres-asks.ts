import { Injectable } from '@nestjs/common';
import type { DeniedAsk } from '#domain/authority/ask.js';
import { LIMITS } from '#domain/limits.js';
import { DuplicateGroups, type AskLedger, type DuplicateGroup } from '#escalations/ask/ask-ledger.js';
import { DuplicatesPart } from '#escalations/watch/context/duplicates-part.js';
import type { Queryable } from '../connection/queryable.js';
import { DatabasePool } from '../connection/pool.js';
import { isDuplicate, OPEN, placedAsks, SAME } from '../sql/asks.js';
import { ms } from '../sql/columns.js';

/** Advisory locks: the first number says what is locked. */
const OWNER_QUEUE = 7704;

const SAME_OPEN = `from "escalations" o join "escalations" e on ${SAME} join "agents" a on a."uid" = e."agent_uid"
  where o."id" = $1 and ${OPEN}`;

/** An agent's other asks, over a transaction's connection. */
export class PostgresAskLedger implements AskLedger {
  constructor(private readonly db: Queryable) {}

  async queueBehindOwner(owner: string): Promise<void> {
    await this.db.query({
      name: 'owner-queue',
      text: `select pg_advisory_xact_lock(${OWNER_QUEUE}, hashtext($1))`,
      values: [owner],
    });
  }

  async pendingOf(agentUid: string): Promise<number> {
    const { rows } = await this.db.query<{ count: number }>({
      name: 'pending-count',
      text: `select count(*)::int as "count" from "escalations" e join "agents" a on a."uid" = e."agent_uid"
             where e."agent_uid" = $1 and ${OPEN}`,
      values: [agentUid],
    });
    return rows[0]?.count ?? 0;
  }

  async pendingOfOwner(owner: string): Promise<number> {
    const { rows } = await this.db.query<{ count: number }>({
      name: 'pending-of-owner',
      text: `select count(*)::int as "count" from "escalations" e join "agents" a on a."uid" = e."agent_uid"
             where e."owner_id" = $1 and ${OPEN}`,
      values: [owner],
    });
    return rows[0]?.count ?? 0;
  }

  async denied(agentUid: string, resource: string, seconds: number): Promise<DeniedAsk[]> {
    const { rows } = await this.db.query<DeniedAsk>({
      name: 'asks-denied',
      text: `select e."request" -> 'authorization_details' as "authorization_details", ${ms('e."decided_at"')} as "at" from "escalations" e
             where e."agent_uid" = $1 and e."resource" = $2 and e."status" = 'denied' and e."denial" ->> 'by' = 'person'
               and e."denial" ->> 'code' <> 'identical_denied'
               and e."decided_at" > clock_timestamp() - make_interval(secs => $3)
             order by e."decided_at" desc limit ${LIMITS.denialsRememberedMax}`,
      values: [agentUid, resource, seconds],
    });
    return rows;
  }

  async openLike(agentUid: string, askHash: string): Promise<string[]> {
    const { rows } = await this.db.query<{ id: string }>({
      name: 'asks-open-like',
      text: `select e."id" from "escalations" e join "agents" a on a."uid" = e."agent_uid"
             where e."agent_uid" = $1 and e."ask_hash" = $2 and ${OPEN} order by e."ask_order"`,
      values: [agentUid, askHash],
    });
    return rows.map((row) => row.id);
  }

  async openDuplicates(id: string): Promise<string[]> {
    const { rows } = await this.db.query<{ id: string }>({
      name: 'ask-behind',
      text: `select e."id" ${SAME_OPEN} and e."ask_order" > o."ask_order" order by e."ask_order"`,
      values: [id],
    });
    return rows.map((row) => row.id);
  }

  async openOf(agentUid: string): Promise<string[]> {
    const { rows } = await this.db.query<{ id: string }>({
      name: 'ask-open-of',
      text: `select e."id" from "escalations" e join "agents" a on a."uid" = e."agent_uid"
             where e."agent_uid" = $1 and ${OPEN} order by e."ask_order"`,
      values: [agentUid],
    });
    return rows.map((row) => row.id);
  }

  async isDuplicateOfOpen(id: string): Promise<boolean> {
    const { rowCount } = await this.db.query({
      name: 'ask-stands-behind',
      text: `select 1 from "escalations" o join "agents" a on a."uid" = o."agent_uid"
             where o."id" = $1 and ${isDuplicate('o', 'a')}`,
      values: [id],
    });
    return rowCount !== 0;
  }
}

/** Folds, straight from the pool. */
@Injectable()
export class PostgresDuplicateGroups extends DuplicateGroups {
  constructor(private readonly pool: DatabasePool) {
    super();
  }

  /**
   * One statement: head, those behind, and how often that changed. An agent may have asked the same thousands of times, so
   * of those before it only the open ones are read, and of those after it none unless this one is open.
   */
  override async of(id: string): Promise<DuplicateGroup | null> {
    const { rows } = await this.pool.query<DuplicateGroup>({
      name: 'ask-fold',
      text: `with o as materialized (select * from "escalations" where "id" = $1),
               open as materialized (
                 select e."id", e."ask_order" from o join "escalations" e on ${SAME} join "agents" a on a."uid" = e."agent_uid"
                 where e."agent_uid" = (select "agent_uid" from o) and ${OPEN}),
               later as materialized (
                 select e."decided_at" from o join "escalations" e on ${SAME}
                 where e."agent_uid" = (select "agent_uid" from o) and e."ask_hash" = (select "ask_hash" from o)
                   and e."ask_order" > (select "ask_order" from o where "status" = 'pending'))
             select (select s."id" from open s order by s."ask_order" limit 1) as "head",
               coalesce((select array_agg(s."id" order by s."ask_order") from open s where s."ask_order" > o."ask_order"), '{}') as "behind",
               (select count(*) + count("decided_at") from later)::int as "changes"
             from o`,
      values: [id],
    });
    return rows[0] ?? null;
  }
}

/** The same for many at once, for lists. */
@Injectable()
export class PostgresDuplicatesPart extends DuplicatesPart {
  constructor(private readonly pool: DatabasePool) {
    super();
  }

  /** Of these escalations those that have the card for others, each with the others. */
  override async of(escalationIds: readonly string[]): Promise<ReadonlyMap<string, readonly string[]>> {
    const { rows } = await this.pool.query<{ head: string; behind: string[] }>({
      name: 'asks-folded-into',
      text: `select p."head", array_agg(p."id" order by p."ask_order") as "behind"
             from (${placedAsks(`e."agent_uid" in (select o."agent_uid" from "escalations" o where o."id" = any($1))`)}) p
             where p."place" > 1 and p."head" = any($1) group by p."head"`,
      values: [escalationIds],
    });
    return new Map(rows.map(({ head, behind }) => [head, behind]));
  }
}
