import type pg from 'pg';

const AGENTS = ['bot-a', 'bot-b', 'bot-a', 'bot-c', 'bot-d'];
const PEOPLE = ['alice', 'bob', 'carol'];

/** A number from 0 to `below`, another for each salt, the same at each run. */
const pick = (salt: number, below: number): string => `(hashint8(i * 31 + ${salt}) & 1048575) % ${below}`;

/**
 * Writes grants that were, with their requests, votes and tokens: no trigger fires. Agents, resources, actions and
 * statuses are as unlike as in life: few make most, one status is one in two hundred. Three grants have each instant.
 * @param count rows, of which a twentieth is open; @returns uids of the agents; the first and third have one id
 */
export async function writePastGrants(pool: pg.Pool, count: number): Promise<readonly string[]> {
  const client = await pool.connect();
  try {
    await client.query('begin');
    await client.query('set local session_replication_role = replica');
    const uids: string[] = [];
    for (const [index, id] of AGENTS.entries()) {
      const { rows } = await client.query<{ uid: string }>(
        `insert into "agents" ("id", "owner", "retired_at") values ($1, 'alice', case when $2 then now() - interval '300 days' end) returning "uid"::text as "uid"`,
        [id, index === 0],
      );
      uids.push(rows[0]?.uid ?? '');
    }
    await client.query(
      `create temporary table past on commit drop as select i, lpad(i::text, 26, '0') as mark,
         now() - interval '25 hours' - ((${count} - i) / 3) * interval '1 second' as at,
         ($1::bigint[])[1 + least(4, ${pick(1, 100)} / 24)] as uid, ($2::text[])[1 + least(4, ${pick(1, 100)} / 24)] as agent,
         'https://' || (array['payments', 'payments', 'payments', 'ledger', 'ledger', 'mail'])[1 + ${pick(2, 6)}] || '.example' as resource,
         case when ${pick(3, 200)} = 0 then array['refund.create'] when ${pick(3, 200)} < 60 then array['payment.read', 'payment.annotate']
           when ${pick(3, 200)} < 160 then array['payment.read'] else array['payment.annotate', 'export.run'] end as actions,
         case when ${pick(4, 20)} = 0 then (array['ready', 'active', 'active'])[1 + i % 3] when ${pick(5, 200)} = 0 then 'revoked'
           when ${pick(5, 200)} < 60 then 'expired' else 'completed' end as status
       from generate_series(1, ${count}) i`,
      [uids, AGENTS],
    );
    await client.query(
      `insert into "escalations" ("id", "agent_uid", "agent_id", "owner_id", "resource", "status", "last_change", "digest", "request", "task_id", "risk",
         "policy_version", "policy", "policy_mac", "deferral_hash", "created_at", "deadline", "decided_at", "granted", "grant_digest")
       select 'esc_' || mark, uid, agent, 'alice', resource, 'approved', 'allowed', 'd', '{}', 'task-' || i % 50, 'low', 'v', '{}', 'm',
         decode(md5(mark), 'hex'), at, at + interval '1 hour', at, '{}', 'g' from past`,
    );
    await client.query(
      `insert into "grants" ("id", "escalation_id", "agent_uid", "agent_id", "resource", "actions", "status", "last_change", "digest", "granted",
         "grant_digest", "mac", "created_at", "ready_until", "activated_at", "expires_at", "ended_at", "end_reason", "deadline")
       select 'grt_' || mark, 'esc_' || mark, uid, agent, resource, actions, status, status, 'd', '{}', 'g', 'm', at, at + interval '3 days',
         case when status <> 'ready' then at end, case when status <> 'ready' then at + interval '3 days' end,
         case when status not in ('ready', 'active') then at + interval '1 minute' end,
         case status when 'completed' then 'done' when 'expired' then 'ttl' when 'revoked' then 'revoked_by_person' end, at + interval '3 days' from past`,
    );
    await client.query(
      `insert into "votes" ("id", "escalation_id", "person_id", "verdict", "digest", "via", "at", "mac")
       select 'vote_' || p."who" || mark, 'esc_' || mark, p."who", 'approve', 'd', 'rest', at - interval '1 hour' * (i % 5), 'm' || p."who"
       from past join unnest($1::text[]) with ordinality as p("who", "nth") on ${pick(6, 10)} < (array[5, 4, 1])[p."nth"]`,
      [PEOPLE],
    );
    await client.query(
      `insert into "grant_approvers" select v."person_id", g."created_at", g."id" from "votes" v join "grants" g on g."escalation_id" = v."escalation_id"`,
    );
    await client.query('commit');
    await client.query('analyze');
    return uids;
  } catch (error) {
    await client.query('rollback');
    throw error;
  } finally {
    client.release();
  }
}
