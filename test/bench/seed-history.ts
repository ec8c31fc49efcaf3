import { FLEET } from './seed.js';
import type { Held } from './sides/field.js';
import type { World } from '../harness/world/world.js';

const A_STATEMENT = 100_000;
/** Over how many days the grants were given. */
const DAYS = 180;

/** The row of number `n."i"`, of `$3` in all: one in fifty is live, one in five thousand was revoked, one in ten is a refund. */
const ID = `'HIST' || lpad(n."i"::text, 22, '0')`;
const LIVE = `n."i" % 50 = 0`;
const REVOKED = `n."i" % 5000 = 7`;
const REFUND = `n."i" % 10 = 7`;
const AT = `(now() - make_interval(hours => 25) - make_interval(secs => 86400.0 * ${DAYS} * n."i" / $3::int))`;
const END = `case when ${LIVE} then now() + interval '1 day' else ${AT} + interval '5 minutes' end`;

const ESCALATION = `jsonb_build_object('id', 'esc_' || ${ID}, 'agent_uid', a."uid", 'agent_id', a."id", 'ask_hash', null,
  'deferral_hash', '\\x' || encode(sha256((${ID})::bytea), 'hex'), 'created_at', ${AT}, 'decided_at', ${AT}, 'deadline', ${AT} + interval '5 minutes')`;

const GRANT = `jsonb_build_object('id', 'grt_' || ${ID}, 'escalation_id', 'esc_' || ${ID}, 'agent_uid', a."uid", 'agent_id', a."id",
  'created_at', ${AT}, 'activated_at', ${AT}, 'ready_until', ${AT} + interval '5 minutes', 'expires_at', ${END}, 'deadline', ${END},
  'actions', case when ${REFUND} then '["refund.create"]'::jsonb else '["payment.read"]'::jsonb end,
  'status', case when ${LIVE} then 'active' when ${REVOKED} then 'revoked' else 'expired' end,
  'last_change', case when ${LIVE} then 'activated' when ${REVOKED} then 'revoked' else 'expired' end,
  'ended_at', case when ${LIVE} then null else ${END} end,
  'end_reason', case when ${LIVE} then null when ${REVOKED} then 'revoked_by_person' else 'ttl' end)`;

const FROM = `cross join (select generate_series($2::int, least($2::int + ${A_STATEMENT - 1}, $3::int)) as "i") n
  join (select "uid", "id", row_number() over (order by "id") as "turn" from "agents" where "id" = any($4)) a
    on a."turn" = n."i" % ${FLEET.length} + 1`;

const COPIES = [
  `insert into "escalations" select c.* from (select to_jsonb(e) - 'ask_order' as "row", e."ask_order"
     from "escalations" e join "grants" g on g."escalation_id" = e."id" where g."id" = $1) r ${FROM}
   cross join lateral jsonb_populate_record(null::"escalations", r."row" || jsonb_build_object('ask_order', r."ask_order") || ${ESCALATION}) c`,
  `insert into "grants" select c.* from (select to_jsonb(g) as "row" from "grants" g where "id" = $1) r ${FROM}
   cross join lateral jsonb_populate_record(null::"grants", r."row" || ${GRANT}) c`,
];

/** Alice approved every refund. */
const VOTES = `insert into "votes" ("id", "escalation_id", "person_id", "verdict", "digest", "via", "at", "mac")
  select 'vot_' || ${ID}, 'esc_' || ${ID}, 'alice', 'approve', e."digest", 'rest', e."created_at", ''
  from (select $1::text) r ${FROM} join "escalations" e on e."id" = 'esc_' || ${ID} where ${REFUND}`;

/**
 * Copies a real grant with its request so many times, as half a year would leave them: given to twenty agents, most of
 * them over. No trigger fires, and the MACs are those of the original: lists do not decide.
 */
export async function seedHistory(world: World, template: Held, count: number): Promise<void> {
  const client = await world.database.pool.connect();
  try {
    for (let from = 1; from <= count; from += A_STATEMENT) {
      await client.query('begin');
      await client.query('set local session_replication_role = replica');
      for (const copy of [...COPIES, VOTES]) await client.query(copy, [template.grant, from, count, FLEET]);
      await client.query('commit');
    }
    await client.query('vacuum analyze "escalations"');
    await client.query('vacuum analyze "grants"');
    await client.query('vacuum analyze "votes"');
  } catch (error) {
    await client.query('rollback');
    throw error;
  } finally {
    client.release();
  }
}
