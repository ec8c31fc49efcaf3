import type pg from 'pg';
import type { StoredAnswer } from '#escalations/ask/stored-answer.js';
import { escalationOpenNow } from '../sql/standing.js';

type Queryable = pg.Pool | pg.PoolClient;

/** Fixed one-minute windows on the database clock. */
export async function countCall(db: Queryable, agentUid: string): Promise<{ calls: number; resetSeconds: number }> {
  const { rows } = await db.query<{ calls: number; reset: number }>({
    name: 'rate-count',
    text: `insert into "rate_windows" ("agent_uid", "window_start", "calls") values ($1, date_trunc('minute', clock_timestamp()), 1)
           on conflict ("agent_uid", "window_start") do update set "calls" = "rate_windows"."calls" + 1
           returning "calls", ceil(60 - extract(second from clock_timestamp()))::int as "reset"`,
    values: [agentUid],
  });
  return { calls: rows[0]?.calls ?? 0, resetSeconds: Math.max(1, rows[0]?.reset ?? 60) };
}

export async function pendingCount(db: Queryable, agentUid: string): Promise<number> {
  const { rows } = await db.query<{ count: number }>({
    name: 'pending-count',
    text: `select count(*)::int as "count" from "escalations" e join "agents" a on a."uid" = e."agent_uid"
           where e."agent_uid" = $1 and ${escalationOpenNow('e', 'a')}`,
    values: [agentUid],
  });
  return rows[0]?.count ?? 0;
}

/** Marks a poll and says whether the one before was less than `intervalSeconds` ago. */
export async function markPoll(db: Queryable, escalationId: string, intervalSeconds: number): Promise<boolean> {
  const { rows } = await db.query<{ soon: boolean }>({
    name: 'poll-mark',
    text: `with before as (select "at" from "poll_marks" where "escalation_id" = $1),
           marked as (insert into "poll_marks" ("escalation_id", "at") values ($1, clock_timestamp())
             on conflict ("escalation_id") do update set "at" = excluded."at")
           select coalesce((select "at" > clock_timestamp() - make_interval(secs => $2) from before), false) as "soon"`,
    values: [escalationId, intervalSeconds],
  });
  return rows[0]?.soon ?? false;
}

export async function claimIdempotencyKey(db: Queryable, caller: string, route: string, key: string): Promise<boolean> {
  const { rows } = await db.query<{ held: boolean }>({
    name: 'idempotency-claim',
    text: `select pg_try_advisory_xact_lock(hashtextextended($1, 7702)) as "held"`,
    values: [JSON.stringify([caller, route, key])],
  });
  return rows[0]?.held ?? false;
}

export async function findIdempotent(
  db: Queryable,
  caller: string,
  route: string,
  key: string,
): Promise<StoredAnswer | null> {
  const { rows } = await db.query<StoredAnswer>({
    name: 'idempotency-find',
    text: `select "body_hash" as "bodyHash", "status", "response", "escalation_id" as "escalationId", "mac"
           from "idempotency_keys" where "caller" = $1 and "route" = $2 and "key" = $3`,
    values: [caller, route, key],
  });
  return rows[0] ?? null;
}

export async function storeIdempotent(
  db: Queryable,
  caller: string,
  route: string,
  key: string,
  answer: StoredAnswer,
): Promise<void> {
  // Of another hand: nobody was answered from it, and rows here are never changed.
  await db.query({
    name: 'idempotency-clear',
    text: `delete from "idempotency_keys" where "caller" = $1 and "route" = $2 and "key" = $3`,
    values: [caller, route, key],
  });
  await db.query({
    name: 'idempotency-store',
    text: `insert into "idempotency_keys" ("caller", "route", "key", "body_hash", "status", "response", "escalation_id", "mac")
           values ($1, $2, $3, $4, $5, $6, $7, $8)`,
    values: [
      caller,
      route,
      key,
      answer.bodyHash,
      answer.status,
      JSON.stringify(answer.response),
      answer.escalationId,
      answer.mac,
    ],
  });
}
