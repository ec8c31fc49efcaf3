import type pg from 'pg';
import type { AgentFacts } from '#domain/policy-decision.js';
import { invariant } from '#domain/refusal.js';
import type { Actor, AgentRow } from '#escalations/rows.js';
import { ms, NOW } from './columns.js';
import { judgedSuspended } from './ends.js';
import { addSealed, isSound, sealedRow, type Sealed } from './sealed-records.js';
import { escalationOpenNow, GRANT_OPEN_NOW } from './standing.js';

type Queryable = pg.Pool | pg.PoolClient;
type AgentIdentity = Omit<AgentRow, 'suspended'>;
const AGENT = `"uid", "id"`;
/** SQL of all that was written of an agent's suspensions. @param uid SQL of its uid */
export const suspensionsOf = (uid: string): string =>
  `(select json_agg(${sealedRow('suspension', 'x')} order by x."id") from "agent_suspensions" x where x."agent_uid" = ${uid})`;
/** Advisory locks: the first number says what is locked. */
const CREATE_QUEUE = 7701;
/** Taken before an agent's row, shared or not: PostgreSQL lets those who share a row past one who waits for all of it. */
const AGENT_GATE = 7705;
/** Agents share so many gates, so that retiring very many at once takes no more locks than PostgreSQL has room for. */
const GATES = 1_024;

/** @param uid SQL of an agent's uid */
const gate = (uid: string): string => `${AGENT_GATE}, (${uid} % ${GATES})::int`;

export async function livingAgent(db: Queryable, id: string): Promise<AgentRow | null> {
  const { rows } = await db.query<AgentIdentity & { suspensions: Sealed<'suspension'>[] | null }>({
    name: 'agent-living',
    text: `select ${AGENT}, ${suspensionsOf('"agents"."uid"')} as "suspensions" from "agents" where "id" = $1 and "retired_at" is null`,
    values: [id],
  });
  if (rows[0] === undefined) return null;
  const { suspensions, ...agent } = rows[0];
  return { ...agent, suspended: judgedSuspended(db, suspensions) };
}

export async function lockAgent(db: Queryable, id: string): Promise<{ agent: AgentRow; now: number } | null> {
  const { rows } = await db.query<AgentIdentity & { now: number }>({
    name: 'agent-lock',
    text: `with found as materialized (select "uid" from "agents" where "id" = $1 and "retired_at" is null),
             through as materialized (select "uid", pg_advisory_xact_lock_shared(${gate('"uid"')}) from found),
             held as materialized (select ${AGENT} from "agents"
               where "uid" = (select "uid" from through) and "retired_at" is null for share)
           select held.*, ${NOW} from held`,
    values: [id],
  });
  if (rows[0] === undefined) return null;
  const { now, ...agent } = rows[0];
  // In a statement after the lock, which sees what the lock waited for.
  const suspensions = await writtenSuspensions(db, agent.uid);
  return { agent: { ...agent, suspended: judgedSuspended(db, suspensions) }, now };
}

async function writtenSuspensions(db: Queryable, uid: string): Promise<Sealed<'suspension'>[]> {
  const { rows } = await db.query<{ suspensions: Sealed<'suspension'>[] | null }>({
    name: 'agent-suspensions',
    text: `select ${suspensionsOf('$1::bigint')} as "suspensions"`,
    values: [uid],
  });
  return rows[0]?.suspensions ?? [];
}

export async function lockAgentRow(db: Queryable, uid: string): Promise<{ agent: AgentIdentity; now: number }> {
  const { rows } = await db.query<AgentIdentity & { now: number }>({
    name: 'agent-lock-row',
    text: `with through as materialized (select $1::bigint as "uid", pg_advisory_xact_lock_shared(${gate('$1::bigint')})),
             held as materialized (select ${AGENT} from "agents" where "uid" = (select "uid" from through) for share)
           select held.*, ${NOW} from held`,
    values: [uid],
  });
  invariant(rows[0] !== undefined, `agent row ${uid} is there`);
  const { now, ...agent } = rows[0];
  return { agent, now };
}

/**
 * Takes these agents, FOR UPDATE, from all transactions that hold them FOR SHARE. Transactions that come later wait, so
 * this one waits only for those that came before, however many come.
 */
export async function takeAgents(db: Queryable, uids: readonly string[]): Promise<void> {
  await db.query({
    name: 'agent-gates',
    text: `select pg_advisory_xact_lock(${AGENT_GATE}, g."gate")
           from (select distinct ("uid" % ${GATES})::int as "gate" from unnest($1::bigint[]) as u("uid") order by 1 offset 0) g`,
    values: [uids],
  });
  await db.query({
    name: 'agents-lock-update',
    text: `select 1 from "agents" where "uid" = any($1::bigint[]) order by "uid" for update`,
    values: [uids],
  });
}

/** The same of every agent that lives. */
export async function takeLivingAgents(db: Queryable): Promise<void> {
  const { rows } = await db.query<{ uid: string }>({
    name: 'agents-living',
    text: `select "uid" from "agents" where "retired_at" is null`,
  });
  if (rows.length > 0)
    await takeAgents(
      db,
      rows.map((row) => row.uid),
    );
}

export async function queueBehindAgent(db: Queryable, uid: string): Promise<void> {
  await db.query({
    name: 'agent-queue',
    text: `select pg_advisory_xact_lock(${CREATE_QUEUE}, ($1::bigint % 2147483647)::int)`,
    values: [uid],
  });
}

export async function setSuspended(
  db: Queryable,
  id: string,
  change: { readonly suspended: boolean; readonly actor: Actor; readonly reason: string | null },
): Promise<{ changed: boolean; now: number } | null> {
  const living = await livingAgent(db, id);
  if (living === null) return null;
  await takeAgents(db, [living.uid]);
  // Read again, now that nobody changes it any more: it may have been retired in the meantime.
  const row = await livingAgent(db, id);
  if (row?.uid !== living.uid) return null;
  if (row.suspended === change.suspended) return { changed: false, now: Date.now() };
  return { changed: true, now: await (change.suspended ? suspend : resume)(db, row.uid, change) };
}

type Change = { readonly actor: Actor; readonly reason: string | null };

/**
 * Adds the row that ends what this agent holds and asks, and has the flags of the agent's own row, held FOR UPDATE,
 * follow it. @returns when
 */
export async function suspend(db: Queryable, uid: string, { actor, reason }: Change, retired = false): Promise<number> {
  const added = await addSealed(db, 'suspension', ({ id, at: instant }) => ({
    id,
    agentUid: uid,
    change: 'suspended',
    answers: null,
    at: instant,
    actor,
    reason,
  }));
  await db.query({
    name: 'agent-suspend',
    text: `update "agents" a set "suspended" = true, "suspend_reason" = $2, "not_before" = greatest(a."not_before", s."at"), "retired_at" = case when $4 then s."at" end
           from "agent_suspensions" s where s."id" = $3 and a."uid" = $1`,
    values: [uid, reason, added.id, retired],
  });
  return added.at;
}

/** Answers every suspension of this agent so far. Everything that they ended stays ended. */
async function resume(db: Queryable, uid: string, { actor, reason }: Change): Promise<number> {
  const suspensions = (await writtenSuspensions(db, uid)).filter((one) => isSound(db, one));
  const answers = suspensions.filter(({ record }) => record.change === 'suspended').at(-1)?.record.id;
  invariant(answers !== undefined, 'a suspended agent was suspended');
  const added = await addSealed(db, 'suspension', ({ id, at: instant }) => ({
    id,
    agentUid: uid,
    change: 'resumed',
    answers,
    at: instant,
    actor,
    reason,
  }));
  await db.query({
    name: 'agent-resume',
    text: `update "agents" set "suspended" = false, "suspend_reason" = $2 where "uid" = $1`,
    values: [uid, reason],
  });
  return added.at;
}

/** Facts that policy reads, all counted on the database clock. @param without the id of the request that is judged, once it is written */
export async function agentFacts(
  db: Queryable,
  uid: string,
  actions: readonly string[],
  without: string | null,
): Promise<AgentFacts> {
  const { rows } = await db.query<{
    denials: number;
    open: number;
    pending: number;
    counts: { action: string; hour: number; day: number }[] | null;
  }>({
    name: 'agent-facts',
    text: `select
      (select count(*)::int from "escalations" where "agent_uid" = $1 and "status" = 'denied' and "denial" ->> 'code' <> 'identical_denied'
         and "decided_at" > clock_timestamp() - interval '24 hours') as "denials",
      (select count(*)::int from "grants" g join "agents" a on a."uid" = g."agent_uid" where g."agent_uid" = $1
         and ${GRANT_OPEN_NOW}) as "open",
      (select count(*)::int from "escalations" e join "agents" a on a."uid" = e."agent_uid" where e."agent_uid" = $1
         and ${escalationOpenNow('e', 'a')} and e."id" is distinct from $3) as "pending",
      (select json_agg(c) from (
         select x."action", (count(*) filter (where g."created_at" > clock_timestamp() - interval '1 hour'))::int as "hour", count(*)::int as "day"
         from "grants" g cross join unnest(g."actions") as x("action")
         where g."agent_uid" = $1 and g."created_at" > clock_timestamp() - interval '24 hours' and x."action" = any($2)
         group by x."action") c) as "counts"`,
    values: [uid, actions, without],
  });
  const row = rows[0];
  invariant(row !== undefined, 'facts are one row');
  const counts = row.counts ?? [];
  return {
    recent_denials: row.denials,
    open_grants: row.open,
    pending_asks: row.pending,
    granted_last_hour: Object.fromEntries(counts.map((count) => [count.action, count.hour])),
    granted_last_day: Object.fromEntries(counts.map((count) => [count.action, count.day])),
  };
}

export async function databaseNow(db: Queryable): Promise<number> {
  const { rows } = await db.query<{ now: number }>({ name: 'now', text: `select ${ms('clock_timestamp()')} as "now"` });
  return rows[0]?.now ?? Date.now();
}
