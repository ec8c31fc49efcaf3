import { invariant } from '#domain/refusal.js';
import type { Actor } from '#escalations/rows/history.js';
import type { Queryable } from '../connection/queryable.js';
import { ms } from './columns.js';
import { addSealed, isSound, sealedRow, type Sealed } from './sealed-records.js';

/** SQL of all that was written of an agent's suspensions. @param uid SQL of its uid */
export const suspensionsOf = (uid: string): string =>
  `(select json_agg(${sealedRow('suspension', 'x')} order by x."id") from "agent_suspensions" x where x."agent_uid" = ${uid})`;
/** Advisory lock, taken before an agent's row, shared or not: PostgreSQL lets those who share a row past one who waits for all of it. */
const AGENT_GATE = 7705;
/** Agents share so many gates, so that retiring very many at once takes no more locks than PostgreSQL has room for. */
const GATES = 1_024;

/** The advisory lock before an agent's row, for `pg_advisory_xact_lock` and its kin. @param uid SQL of an agent's uid */
export const agentGate = (uid: string): string => `${AGENT_GATE}, (${uid} % ${GATES})::int`;

/** All that was written of an agent's suspensions, sound or not, in the order of writing. */
export async function writtenSuspensions(db: Queryable, uid: string): Promise<Sealed<'suspension'>[]> {
  const { rows } = await db.query<{ suspensions: Sealed<'suspension'>[] | null }>({
    name: 'agent-suspensions',
    text: `select ${suspensionsOf('$1::bigint')} as "suspensions"`,
    values: [uid],
  });
  return rows[0]?.suspensions ?? [];
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
export async function resume(db: Queryable, uid: string, { actor, reason }: Change): Promise<number> {
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

export async function databaseNow(db: Queryable): Promise<number> {
  const { rows } = await db.query<{ now: number }>({ name: 'now', text: `select ${ms('clock_timestamp()')} as "now"` });
  return rows[0]?.now ?? Date.now();
}
