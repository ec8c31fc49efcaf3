import type pg from 'pg';
import type { DeniedAsk } from '#domain/authority/ask.js';
import { LIMITS } from '#domain/limits.js';
import type { Fold } from '#escalations/ask/ask-ledger.js';
import { ms } from './columns.js';
import { escalationOpenNow } from './standing.js';

type Queryable = pg.Pool | pg.PoolClient;

/** Advisory locks: the first number says what is locked. */
const OWNER_QUEUE = 7704;

const OPEN = escalationOpenNow('e', 'a');

/** `e` asks the same as `o`: the same authority for the same task in the same words, of the same people. */
const SAME = same('e', 'o');

/** SQL that holds when the two aliases of "escalations" ask the same of the same people. The hash is what the index finds. */
function same(one: string, other: string): string {
  return `${one}."agent_uid" = ${other}."agent_uid" and ${one}."ask_hash" = ${other}."ask_hash"
    and ${one}."request" = ${other}."request"
    and ${one}."policy" -> 'gates' = ${other}."policy" -> 'gates'`;
}

/**
 * SQL that holds when an open request that is identical came before this one. `offset 0` has PostgreSQL read what is pending
 * and not every identical request that the agent has ever made.
 * @param o alias of the request @param a alias of its agent
 */
export function behindAnother(o: string, a: string): string {
  return `exists (select 1
    from (select * from "escalations" p where p."agent_uid" = ${o}."agent_uid" and p."status" = 'pending' offset 0) f
    where ${same('f', o)} and f."ask_order" < ${o}."ask_order" and ${escalationOpenNow('f', a)})`;
}

/**
 * Every open request with its place among the identical ones, the first of which stands for all: each is read once, where
 * looking for another before each would read all of an agent's for each of them.
 * @param where a condition on `e`
 */
export function placedAsks(where: string): string {
  return `select e."id", row_number() over same as "place", first_value(e."id") over same as "head", e."ask_order"
    from "escalations" e join "agents" a on a."uid" = e."agent_uid" where ${OPEN} and ${where}
    window same as (partition by e."agent_uid", coalesce(e."ask_hash", e."id"), e."request", e."policy" -> 'gates' order by e."ask_order")`;
}

const SAME_OPEN = `from "escalations" o join "escalations" e on ${SAME} join "agents" a on a."uid" = e."agent_uid"
  where o."id" = $1 and ${OPEN}`;

export async function queueBehindOwner(db: Queryable, owner: string): Promise<void> {
  await db.query({
    name: 'owner-queue',
    text: `select pg_advisory_xact_lock(${OWNER_QUEUE}, hashtext($1))`,
    values: [owner],
  });
}

export async function pendingOfOwner(db: Queryable, owner: string): Promise<number> {
  const { rows } = await db.query<{ count: number }>({
    name: 'pending-of-owner',
    text: `select count(*)::int as "count" from "escalations" e join "agents" a on a."uid" = e."agent_uid"
           where e."owner_id" = $1 and ${OPEN}`,
    values: [owner],
  });
  return rows[0]?.count ?? 0;
}

export async function deniedOf(
  db: Queryable,
  agentUid: string,
  resource: string,
  seconds: number,
): Promise<DeniedAsk[]> {
  const { rows } = await db.query<DeniedAsk>({
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

export async function openLike(db: Queryable, agentUid: string, askHash: string): Promise<string[]> {
  const { rows } = await db.query<{ id: string }>({
    name: 'asks-open-like',
    text: `select e."id" from "escalations" e join "agents" a on a."uid" = e."agent_uid"
           where e."agent_uid" = $1 and e."ask_hash" = $2 and ${OPEN} order by e."ask_order"`,
    values: [agentUid, askHash],
  });
  return rows.map((row) => row.id);
}

export async function openBehind(db: Queryable, id: string): Promise<string[]> {
  const { rows } = await db.query<{ id: string }>({
    name: 'ask-behind',
    text: `select e."id" ${SAME_OPEN} and e."ask_order" > o."ask_order" order by e."ask_order"`,
    values: [id],
  });
  return rows.map((row) => row.id);
}

export async function openOf(db: Queryable, agentUid: string): Promise<string[]> {
  const { rows } = await db.query<{ id: string }>({
    name: 'ask-open-of',
    text: `select e."id" from "escalations" e join "agents" a on a."uid" = e."agent_uid"
           where e."agent_uid" = $1 and ${OPEN} order by e."ask_order"`,
    values: [agentUid],
  });
  return rows.map((row) => row.id);
}

export async function standsBehind(db: Queryable, id: string): Promise<boolean> {
  const { rowCount } = await db.query({
    name: 'ask-stands-behind',
    text: `select 1 from "escalations" o join "agents" a on a."uid" = o."agent_uid"
           where o."id" = $1 and ${behindAnother('o', 'a')}`,
    values: [id],
  });
  return rowCount !== 0;
}

/**
 * One statement: head, those behind, and how often that changed. An agent may have asked the same thousands of times, so
 * of those before it only the open ones are read, and of those after it none unless this one is open.
 */
export async function foldOf(db: Queryable, id: string): Promise<Fold | null> {
  const { rows } = await db.query<Fold>({
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

/** Those of these escalations that have the card for identical ones, each with the others. */
export async function foldedInto(db: Queryable, ids: readonly string[]): Promise<{ head: string; behind: string[] }[]> {
  const { rows } = await db.query<{ head: string; behind: string[] }>({
    name: 'asks-folded-into',
    text: `select p."head", array_agg(p."id" order by p."ask_order") as "behind"
           from (${placedAsks(`e."agent_uid" in (select o."agent_uid" from "escalations" o where o."id" = any($1))`)}) p
           where p."place" > 1 and p."head" = any($1) group by p."head"`,
    values: [ids],
  });
  return rows;
}
