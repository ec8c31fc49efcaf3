import { RESTORED_ESCALATIONS } from '#persistence/sql/restores.js';
import { KILLED_ESCALATIONS } from '#persistence/sql/kills.js';
import { GRANT_STATUS_NOW, ORPHANED_ESCALATIONS } from '#persistence/sql/state-now.js';
import type { Broker } from '../brokers/broker.js';
import { unapprovedTokens } from './approvals.js';
import { falseEntries } from './audit.js';
import { untrueCards } from './cards.js';
import { stillActive } from './ended-tokens.js';
import { leaks } from './leaks.js';
import { SlackDriver } from '../actors/person.js';
import { until } from './until.js';
import type { World } from '../world/world.js';

/** Each query names the rows that break its rule; a sound database answers none. */
const RULES: Readonly<Record<string, string>> = {
  'a token lives no longer than was approved, and that no longer than was asked': `
    select t."jti" from "tokens" t join "grants" g on g."id" = t."grant_id" join "escalations" e on e."id" = g."escalation_id"
    where (t."claims" ->> 'exp')::int - (t."claims" ->> 'iat')::int > (g."granted" ->> 'ttl')::int
      or (g."granted" ->> 'ttl')::int > (e."request" ->> 'requested_ttl')::int
      or (g."granted" ->> 'ttl')::int > coalesce((e."policy" ->> 'maxTtl')::int, 3600)
      or t."expires_at" > g."expires_at"`,
  'a grant has at most one live token, and each of its tokens but the first took the place of one that has ended': `
    select "grant_id" from "tokens" group by "grant_id"
      having count(*) filter (where "ended_at" is null) > 1 or count(*) filter (where "renewed_from" is null) > 1
    union all
    select t."grant_id" from "tokens" t join "tokens" old on old."jti" = t."renewed_from"
    where old."grant_id" <> t."grant_id" or old."ended_at" is null or old."ended_at" > t."minted_at"`,
  'what was shown is what was voted on, minted and carried': `
    select e."id" from "escalations" e join "slack_cards" c on c."escalation_id" = e."id" where c."digest" is distinct from e."digest"
    union all
    select e."id" from "escalations" e join "votes" v on v."escalation_id" = e."id" where v."digest" is distinct from e."digest"
    union all
    select e."id" from "escalations" e join "grants" g on g."escalation_id" = e."id" left join "tokens" t on t."grant_id" = g."id"
    where g."digest" is distinct from e."digest" or g."grant_digest" is distinct from e."grant_digest"
      or (t."jti" is not null and (t."claims" ->> 'digest' is distinct from e."digest"
        or t."claims" ->> 'grant_digest' is distinct from g."grant_digest"))`,
  'exactly one event ended a decided request, none an open one': `
    select e."id" from "escalations" e where (e."status" = 'pending')::int +
      (select count(*) from "events" v where v."escalation_id" = e."id"
        and v."type" in ('escalation.approved', 'escalation.denied', 'escalation.cancelled', 'escalation.lapsed')) <> 1`,
  'an approved request has exactly one grant, every other none': `
    select e."id" from "escalations" e
    where (e."status" = 'approved')::int <> (select count(*) from "grants" g where g."escalation_id" = e."id")`,
  'exactly one event ended an ended grant, none a living one': `
    select g."id" from "grants" g where (g."status" in ('ready', 'active'))::int +
      (select count(*) from "events" v where v."grant_id" = g."id" and v."type" in ('grant.completed', 'grant.expired', 'grant.revoked')) <> 1`,
  'an ended grant has no token that has not ended': `
    select g."id" from "grants" g join "tokens" t on t."grant_id" = g."id" where g."ended_at" is not null and t."ended_at" is null`,
  'the uses of a grant are those that were allowed, its own and those under it, never more than granted': `
    select g."id" from "grants" g where g."uses" <>
      (select count(*) from "token_uses" u join "grants" own on own."id" = u."grant_id"
        where (own."id" = g."id" or g."id" = any(own."parents")) and (u."answer" ->> 'allowed')::bool)`,
  'the last change of a request or grant has its event in the same transaction': `
    select e."id" from "escalations" e where not exists (select 1 from "events" v where v."escalation_id" = e."id" and v.xmin = e.xmin)
    union all
    select g."id" from "grants" g where not exists (select 1 from "events" v where v."grant_id" = g."id" and v.xmin = g.xmin)`,
  'every event is an audit entry, under a seal and of the transaction that it was written in': `
    select v."id" from "events" v where v."mac" is null or v."txid"::text::numeric % 4294967296 <> v.xmin::text::numeric
    union all
    select a."event_id" from "audit_entries_alone" a`,
  'a grant says that people were asked just where policy wanted them asked': `
    select g."id" from "grants" g join "escalations" e on e."id" = g."escalation_id"
    where g."people_asked" <> (e."policy" ->> 'outcome' = 'require_approval')`,
  'every time of a token is the database clock at its minting': `
    select t."jti" from "tokens" t join "grants" g on g."id" = t."grant_id"
    where (t."claims" ->> 'iat')::bigint not in
        (floor(extract(epoch from t."minted_at")), floor(extract(epoch from g."activated_at")))
      or (t."claims" ->> 'exp')::bigint > ceil(extract(epoch from t."expires_at"))`,
  'every time that a process wrote is that of the database, which stamps what the same transaction put in the outbox': `
    select w."id" from (
      select v."id", v."escalation_id" as "about", v."at" from "votes" v
      union all
      select t."jti", g."escalation_id", t."minted_at" from "tokens" t join "grants" g on g."id" = t."grant_id"
        where t."renewed_from" is null and g."people_asked"
      union all
      select v."id", e."id", v."at" from "events" v join "escalations" e on e."id" = v."escalation_id"
        where v."type" ~ '^(escalation[.](requested|approved|denied|cancelled|lapsed)|grant[.](ready|activated|completed|expired|revoked))$'
          -- What policy decides at once is told to nobody.
          and e."decided_at" is distinct from e."created_at") w
    where not exists (select 1 from "outbox" o where o."payload" ->> 'id' = w."about"
      and o."created_at" between w."at" - interval '1 second' and w."at" + interval '1 minute')
    union all
    select t."jti" from "tokens" t join "grants" g on g."id" = t."grant_id"
    where t."minted_at" not between g."created_at" and clock_timestamp()`,
  'a grant lies within those above it, in time as in uses, and is not under one that its own agent holds': `
    select g."id" from "grants" g join "grants" up on up."id" = any(g."parents")
    where g."resource" <> up."resource" or g."agent_uid" = up."agent_uid" or g."expires_at" > up."expires_at"
      or g."max_uses" > up."max_uses" or (g."max_uses" is null and up."max_uses" is not null) or g."created_at" < up."activated_at"
      or g."parents"[array_position(g."parents", up."id") + 1:] is distinct from coalesce(up."parents", '{}')
    union all
    select e."id" from "escalations" e left join "grants" g on g."escalation_id" = e."id"
    where jsonb_array_length(coalesce(e."request" -> 'chain', '[]'::jsonb)) <> coalesce(cardinality(e."parents"), 0)
      or (g."id" is not null and g."parents" is distinct from e."parents")`,
  'the counters of every agent say what its rows say': `
    select d."uid" from (select a."uid"::text, agent_counters_differ(a."uid") as "by" from "agents" a) d
    where (d."by" ->> 'open')::int <> 0 or (d."by" ->> 'instants')::int <> 0`,
  'no vote was counted after the deadline': `
    select v."id" from "votes" v join "escalations" e on e."id" = v."escalation_id" where v."at" > e."deadline"`,
};

const UNAPPROVED =
  'a live token belongs to an approved request whose seats distinct, eligible approvers fill who are not its owner';

/** The invariants of every state, asked of the database itself: what breaks them, in words. Empty when all hold. */
export async function brokenInvariants(world: World): Promise<string[]> {
  const broken: string[] = [];
  for (const [rule, query] of Object.entries(RULES)) {
    const { rows } = await world.database.pool.query<Record<string, string>>(query);
    if (rows.length > 0) broken.push(`${rule}: ${rows.map((row) => Object.values(row).join()).join(', ')}`);
  }
  const unapproved = await unapprovedTokens(world);
  if (unapproved.length > 0) broken.push(`${UNAPPROVED}: ${unapproved.join(', ')}`);
  return [...broken, ...(await falseEntries(world))];
}

const DRAINED = 'the outbox drains, and what was handed over is done';

/** Rows of topics like this that are due and not done; of those that are asleep, or other, what was not even handed over. */
function undone(asleep: readonly string[], like = '%'): string {
  const sleeping = asleep.map((topic) => `'${topic}'`).join(', ') || `''`;
  return `select "seq"::text || ' ' || "topic" as "id" from "outbox"
    where ("dispatched_at" is null or ("done_at" is null and "topic" like '${like}' and "topic" not in (${sleeping})))
      and ("not_before" is null or "not_before" < clock_timestamp())`;
}

/** What becomes true a little later: nothing stands past its deadline or shows an older state. */
const SOON: Readonly<Record<string, string>> = {
  'nothing is open past its deadline': `
    select "id" from "escalations" where "status" = 'pending' and "deadline" < clock_timestamp()
    union all select "id" from "grants" where "status" in ('ready', 'active') and "deadline" < clock_timestamp()`,
  'nothing is open under a grant that has ended': `
    select g."id" from "grants" g join "grants" up on up."id" = any(g."parents")
    where g."status" in ('ready', 'active') and up."ended_at" is not null
    union all select e."id" from "escalations" e join "grants" up on up."id" = any(e."parents")
    where e."status" = 'pending' and up."ended_at" is not null`,
  'nothing is open that a suspension, silence, a key, a switch or a restore has ended': `
    select g."id" from "grants" g join "agents" a on a."uid" = g."agent_uid"
    where g."status" in ('ready', 'active') and ${GRANT_STATUS_NOW} <> g."status"
    union all
    select e."id" from "escalations" e join "agents" a on a."uid" = e."agent_uid"
    where e."status" = 'pending' and e."created_at" <= a."not_before"
    union all (${KILLED_ESCALATIONS}) union all (${RESTORED_ESCALATIONS}) union all (${ORPHANED_ESCALATIONS})`,
  'every card shows the newest state': `
    select c."id" from "slack_cards" c join "escalations" e on e."id" = c."escalation_id"
      left join "grants" g on g."escalation_id" = e."id"
    where c."ts" is not null and c."version_shown" <> e."version" + coalesce(g."version" - g."uses", 0)`,
  'every request that people decide has its card, or an identical one before it': `
    select e."id" from "escalations" e where e."status" = 'pending' and e."policy" ->> 'outcome' = 'require_approval'
      and not exists (select 1 from "escalations" f where f."agent_uid" = e."agent_uid" and f."ask_hash" = e."ask_hash"
        and f."request" #- '{task,id}' = e."request" #- '{task,id}' and f."policy" -> 'gates' = e."policy" -> 'gates' and f."status" = 'pending' and f."ask_order" < e."ask_order")
      and not exists (select 1 from "slack_cards" c where c."escalation_id" = e."id" and c."ts" is not null)`,
};

/** What has not followed yet, in words. */
export async function unsettled(world: World): Promise<string[]> {
  const left: string[] = [];
  for (const [what, query] of Object.entries({ [DRAINED]: undone([]), ...SOON })) {
    const ids = await idsOf(world, query);
    if (ids.length > 0) left.push(`${what}: ${ids.join(', ')}`);
  }
  return left;
}

/**
 * The ten invariants after a race or a crash: waits for what follows by itself, then asks the database, the cards and
 * what these brokers logged.
 * @param asleep topics whose jobs the test itself keeps from being done
 * @returns what is broken, in words; empty when all hold
 */
export async function brokenAfterwards(
  world: World,
  brokers: readonly Broker[],
  ms = 20_000,
  asleep: readonly string[] = [],
): Promise<string[]> {
  for (const [what, query] of Object.entries({ [DRAINED]: undone(asleep), ...SOON }))
    await settled(what, () => idsOf(world, query), Math.max(ms, LOST_MS));
  const letters = await world.database.pool.query<{ error: string }>('select "error" from "dead_letters"');
  const [first] = brokers;
  if (first !== undefined) await settledCards(world, first, Math.max(ms, 60_000), asleep);
  return [
    ...(await brokenInvariants(world)),
    ...letters.rows.map((row) => `a dead letter: ${row.error}`),
    ...(await leaks(world, brokers)),
    ...(await stillActive(world, brokers)),
  ];
}

/** Waits until all that had to follow has followed: the outbox is empty of due work and every card shows its row as it is. */
export async function settledCards(
  world: World,
  broker: Broker,
  ms = 20_000,
  asleep: readonly string[] = [],
): Promise<void> {
  await settled('the outbox drains', () => idsOf(world, undone(asleep, 'card.%')), Math.max(ms, LOST_MS));
  const driver = new SlackDriver(broker);
  await settled('every card shows its row', async () => untrueCards(world, await driver.messages()), ms);
}

/** Longer than a job may be lost before it is handed over again. */
const LOST_MS = 45_000;

async function idsOf(world: World, query: string): Promise<string[]> {
  return (await world.database.pool.query<{ id: string }>(query)).rows.map(({ id }) => id);
}

/** Waits until nothing is left. @throws with what is */
async function settled(what: string, left: () => Promise<readonly string[]>, ms: number): Promise<void> {
  let last: readonly string[] = [];
  const none = async (): Promise<boolean> => (last = await left()).length === 0;
  await until(what, none, ms).catch((error: unknown) => {
    throw new Error(`${String(error)}: ${last.slice(0, 20).join('; ')}`);
  });
}
