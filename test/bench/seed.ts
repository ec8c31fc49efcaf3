import type { Config, World } from '../harness/world/world.js';
import type { Held } from './sides/field.js';

export const FLEET = Array.from({ length: 20 }, (_, index) => `fleet-${String(index + 1).padStart(2, '0')}`);

/** Adds the agents that hold what is copied; whoever calls is another, since no agent holds fifty thousand grants. */
export function withFleet(config: Config): void {
  const [first] = config.agents;
  config.agents.push(...FLEET.map((id) => ({ ...structuredClone(first), id, name: id })));
}

const CLONED = ['escalations', 'grants', 'tokens'] as const;

/** Each replaces, in the row of a real token, what must differ: `n` is the clone's number, `a` its agent. */
const CHANGED: Readonly<Record<(typeof CLONED)[number], string>> = {
  escalations: `'id', 'esc_' || n.id, 'agent_uid', a.uid, 'agent_id', a.id, 'deferral_hash', '\\x' || encode(sha256(n.id::bytea), 'hex')`,
  grants: `'id', 'grt_' || n.id, 'escalation_id', 'esc_' || n.id, 'agent_uid', a.uid, 'agent_id', a.id, 'expires_at', $3::timestamptz, 'deadline', $3::timestamptz`,
  tokens: `'jti', 'tok_' || n.id, 'grant_id', 'grt_' || n.id, 'expires_at', $3::timestamptz`,
};

const ROW_OF: Readonly<Record<(typeof CLONED)[number], string>> = {
  escalations: `"escalations" t join "grants" g on g."escalation_id" = t."id" where g."id" = $1`,
  grants: `"grants" t where t."id" = $1`,
  tokens: `"tokens" t where t."grant_id" = $1`,
};

/**
 * Copies a real grant with its request and token so many times, all to end at `at` (epoch ms), with the job that reminds
 * of each, in turn for each of these agents. No trigger fires, and the MACs stay those of the original: nothing that ends a grant by time reads them.
 * @returns the ids of the grants
 */
export async function cloneGrants(
  world: World,
  template: Held,
  count: number,
  at: number,
  agents: readonly string[] = FLEET,
): Promise<string[]> {
  const mark = Date.now().toString(36).toUpperCase().padStart(12, '0');
  const client = await world.database.pool.connect();
  try {
    await client.query('begin');
    await client.query('set local session_replication_role = replica');
    for (const table of CLONED) {
      await client.query(
        `insert into "${table}" select c.*
         from (select to_jsonb(t) as "row" from ${ROW_OF[table]}) r
         cross join lateral (select "i", '${mark}' || lpad("i"::text, 14, '0') as "id" from generate_series(1, $2::int) as s("i")) n
         join (select "uid", "id", row_number() over (order by "id") as "turn", count(*) over () as "all" from "agents" where "id" = any($4)) a
           on a."turn" = n."i" % a."all" + 1
         cross join lateral jsonb_populate_record(null::"${table}", r."row" || jsonb_build_object(${CHANGED[table]})) c
         where $3::timestamptz is not null`,
        [template.grant, count, new Date(at), agents],
      );
    }
    await client.query('select mend_agent_counters("uid") from "agents"');
    await client.query('commit');
    await client.query('analyze "escalations", "grants", "tokens"');
  } catch (error) {
    await client.query('rollback');
    throw error;
  } finally {
    client.release();
  }
  return Array.from({ length: count }, (_, index) => `grt_${mark}${String(index + 1).padStart(14, '0')}`);
}

/** Spreads grants, with their requests, over the last so many hours, and lets each be over as its time says. */
export async function ageGrants(world: World, grants: readonly string[], hours: number): Promise<void> {
  const turned = await world.database.pool.connect();
  try {
    await turned.query('begin');
    await turned.query('set local session_replication_role = replica');
    await turned.query(
      `with aged as (
         select o."id", clock_timestamp() - make_interval(mins => 10) - make_interval(secs => $2::float8 * 3600 * o."turn" / $3) as "at"
         from unnest($1::text[]) with ordinality as o("id", "turn")), ended as (
         update "grants" g set "created_at" = a."at", "activated_at" = a."at", "ready_until" = a."at" + interval '5 minutes',
           "expires_at" = a."at" + interval '5 minutes', "deadline" = a."at" + interval '5 minutes', "status" = 'expired',
           "last_change" = 'expired', "ended_at" = a."at" + interval '5 minutes', "end_reason" = 'ttl'
         from aged a where g."id" = a."id" returning g."escalation_id", a."at")
       update "escalations" e set "created_at" = d."at", "decided_at" = d."at", "deadline" = d."at" + interval '5 minutes'
       from ended d where e."id" = d."escalation_id"`,
      [grants, hours, grants.length],
    );
    await turned.query('commit');
    await turned.query('analyze "escalations", "grants"');
  } finally {
    turned.release();
  }
}

/** Has the queue in PostgreSQL remind of each of these grants when its time comes, as it would had each been collected. */
export async function remindOf(world: World, grants: readonly string[], template: Held, at: number): Promise<void> {
  const { rowCount } = await world.database.pool.query(
    `insert into "bullmq"."job" ("queue", "id", "seq", "name", "state", "data", "opts", "delay_ms", "max_attempts", "added_at_ms", "process_at_ms")
     select j."queue", 'bench-' || g."id", nextval('bullmq.job_seq'), j."name", 'delayed', jsonb_build_object('id', g."id"), j."opts",
       j."delay_ms", j."max_attempts", j."added_at_ms", $3
     from (select * from "bullmq"."job" where "data" ->> 'id' = $1 and "state" = 'delayed' order by "seq" desc limit 1) j
     cross join unnest($2::text[]) as g("id")`,
    [template.grant, grants, at],
  );
  if (rowCount !== grants.length) throw new Error('no job was found that reminds of the grant that is copied');
}
