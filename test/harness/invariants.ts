import { leafHash } from '#audit/entry.js';
import { Caller } from './agent.js';
import type { Broker } from './broker.js';
import { tokensOf } from './minted.js';
import { SlackDriver } from './person.js';
import { everythingIn } from './redis.js';
import { until } from './until.js';
import type { World } from './world.js';

/** Each query names the rows that break its rule; a sound database answers none. */
const RULES: Readonly<Record<string, string>> = {
  'a live token belongs to an approved request with enough distinct, eligible approvers who are not its owner': `
    select t."jti" from "tokens" t join "grants" g on g."id" = t."grant_id" join "escalations" e on e."id" = g."escalation_id"
    where t."ended_at" is null and t."expires_at" > clock_timestamp() and g."status" = 'active' and (e."status" <> 'approved' or (
      e."policy" ->> 'outcome' = 'require_approval' and
      (select count(distinct v."person_id") from "votes" v join "people" p on p."id" = v."person_id"
        where v."escalation_id" = e."id" and v."verdict" = 'approve' and v."digest" = e."digest" and v."person_id" <> e."owner_id"
          and p."retired_at" is null and 'approver' = any(p."roles")
          and not exists (select 1 from "grants" ug join "escalations" ue on ue."id" = ug."escalation_id"
            where ug."id" = any(e."parents") and ue."owner_id" = v."person_id")
          and exists (select 1 from "group_members" m, json_array_elements((e."policy" -> 'gates')::json) gate
            where m."member_id" = p."id" and (m."group_id" = gate ->> 'group' or (m."group_id" = gate ->> 'deputy'
              and v."at" >= e."created_at" + (e."deadline" - e."created_at") * 0.8))))
      < (select sum((gate ->> 'quorum')::int) from json_array_elements((e."policy" -> 'gates')::json) gate)))`,
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
    select e."id" from "escalations" e left join "grants" g on g."escalation_id" = e."id" left join "tokens" t on t."grant_id" = g."id"
      left join "votes" v on v."escalation_id" = e."id"
    where v."digest" <> e."digest" or g."digest" <> e."digest" or g."grant_digest" <> e."grant_digest"
      or t."claims" ->> 'digest' <> e."digest" or t."claims" ->> 'grant_digest' <> g."grant_digest"`,
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
  'the uses of a grant are those that were allowed, never more than granted': `
    select g."id" from "grants" g where g."uses" <>
      (select count(*) from "token_uses" u where u."grant_id" = g."id" and (u."answer" ->> 'allowed')::bool)`,
  'the last change of a request or grant has its event in the same transaction': `
    select e."id" from "escalations" e where not exists (select 1 from "events" v where v."escalation_id" = e."id" and v.xmin = e.xmin)
    union all
    select g."id" from "grants" g where not exists (select 1 from "events" v where v."grant_id" = g."id" and v.xmin = g.xmin)`,
  'every event has its audit entry, in the same transaction and of the same type': `
    select v."id" from "events" v full join "audit_entries" a on a."event_id" = v."id"
    where a."seq" is null or v."seq" is null or a.xmin <> v.xmin or a."type" <> v."type"`,
  'every time of a token is the database clock at its minting': `
    select t."jti" from "tokens" t join "grants" g on g."id" = t."grant_id"
    where (t."claims" ->> 'iat')::bigint not in
        (floor(extract(epoch from t."minted_at")), floor(extract(epoch from g."activated_at")))
      or (t."claims" ->> 'exp')::bigint > ceil(extract(epoch from t."expires_at"))`,
  'a grant lies within those above it, in time as in uses, and is not under one that its own agent holds': `
    select g."id" from "grants" g join "grants" up on up."id" = any(g."parents")
    where g."resource" <> up."resource" or g."agent_uid" = up."agent_uid" or g."expires_at" > up."expires_at"
      or g."max_uses" > up."max_uses" or (g."max_uses" is null and up."max_uses" is not null) or g."created_at" < up."activated_at"
      or g."parents"[array_position(g."parents", up."id") + 1:] is distinct from coalesce(up."parents", '{}')
    union all
    select e."id" from "escalations" e left join "grants" g on g."escalation_id" = e."id"
    where jsonb_array_length(coalesce(e."request" -> 'chain', '[]'::jsonb)) <> coalesce(cardinality(e."parents"), 0)
      or (g."id" is not null and g."parents" is distinct from e."parents")`,
  'no vote was counted after the deadline': `
    select v."id" from "votes" v join "escalations" e on e."id" = v."escalation_id" where v."at" > e."deadline"`,
};

/** The invariants of every state, asked of the database itself: what breaks them, in words. Empty when all hold. */
export async function brokenInvariants(world: World): Promise<string[]> {
  const broken: string[] = [];
  for (const [rule, query] of Object.entries(RULES)) {
    const { rows } = await world.database.pool.query<Record<string, string>>(query);
    if (rows.length > 0) broken.push(`${rule}: ${rows.map((row) => Object.values(row).join()).join(', ')}`);
  }
  const { rows } = await world.database.pool.query<{ seq: string; leaf: string; hash: string }>(
    `select "seq", "leaf", encode("leaf_hash", 'hex') as "hash" from "audit_entries"`,
  );
  for (const { seq, leaf, hash } of rows) {
    if (leafHash(leaf).toString('hex') !== hash) broken.push(`audit entry ${seq} does not hash to its leaf`);
  }
  return broken;
}

/** What becomes true a little later: nothing waits for delivery, stands past its deadline or shows an older state. */
const SOON: Readonly<Record<string, string>> = {
  'the outbox drains': `
    select "seq"::text as "id" from "outbox" where "dispatched_at" is null and ("not_before" is null or "not_before" < clock_timestamp())`,
  'nothing is open past its deadline': `
    select "id" from "escalations" where "status" = 'pending' and "deadline" < clock_timestamp()
    union all select "id" from "grants" where "status" in ('ready', 'active') and "deadline" < clock_timestamp()`,
  'nothing is open under a grant that has ended': `
    select g."id" from "grants" g join "grants" up on up."id" = any(g."parents")
    where g."status" in ('ready', 'active') and up."ended_at" is not null
    union all select e."id" from "escalations" e join "grants" up on up."id" = any(e."parents")
    where e."status" = 'pending' and up."ended_at" is not null`,
  'every card shows the newest state': `
    select c."id" from "slack_cards" c join "escalations" e on e."id" = c."escalation_id"
      left join "grants" g on g."escalation_id" = e."id"
    where c."ts" is not null and c."version_shown" <> e."version" + coalesce(g."version", 0)`,
  'every request that people decide has its card, or an identical one before it': `
    select e."id" from "escalations" e where e."status" = 'pending' and e."policy" ->> 'outcome' = 'require_approval'
      and not exists (select 1 from "escalations" f where f."agent_uid" = e."agent_uid" and f."ask_hash" = e."ask_hash"
        and f."request" #- '{task,id}' = e."request" #- '{task,id}' and f."policy" -> 'gates' = e."policy" -> 'gates' and f."status" = 'pending' and f."ask_order" < e."ask_order")
      and not exists (select 1 from "slack_cards" c where c."escalation_id" = e."id" and c."ts" is not null)`,
};

/** What may be written nowhere, whatever happened: compact JWTs, Slack's tokens, and this world's own secrets. */
function secretsIn(written: string, world: World, broker: Broker): string[] {
  const { SLACK_SIGNING_SECRET: signing, SLACK_BOT_TOKEN: bot } = broker.slack.env;
  const secrets: Record<string, string> = { 'the master key': world.masterKey, 'the signing secret': signing };
  secrets['the bot token'] = bot;
  for (const [id, pair] of Object.entries(world.keys))
    secrets[`the private key of ${id}`] = String(pair.privateKey.export({ format: 'jwk' }).d);
  const found = Object.keys(secrets).filter((name) => written.includes(secrets[name] as string));
  if (/\beyJ[A-Za-z0-9_-]{20,}\.[A-Za-z0-9_-]{20,}\./.test(written)) found.push('a token');
  return found;
}

/** What the logs hold, and what is stored in history, audit log, outbox, dead letters and the queues, wherever they are. */
async function leaks(world: World, brokers: readonly Broker[]): Promise<string[]> {
  const { pool } = world.database;
  const found = brokers.flatMap((broker) =>
    secretsIn(broker.logged.join(''), world, broker).map((name) => `${name} was logged`),
  );
  const queues = await pool.query<{ name: string }>(
    `select format('%I.%I', table_schema, table_name) as "name" from information_schema.tables where table_schema = 'bullmq'`,
  );
  const kept = ['events', 'audit_entries', 'outbox', 'dead_letters', ...queues.rows.map((row) => row.name)];
  const [broker] = brokers;
  if (broker === undefined) return found;
  for (const table of kept) {
    const { rows } = await pool.query<{ text: string | null }>(
      `select string_agg(r::text, ' ') as "text" from (select * from ${table}) r`,
    );
    found.push(...secretsIn(rows[0]?.text ?? '', world, broker).map((name) => `${name} is stored in ${table}`));
  }
  for (const url of new Set(brokers.flatMap(({ redisUrl = [] }) => redisUrl))) {
    const written = await everythingIn(url);
    found.push(...secretsIn(written, world, broker).map((name) => `${name} is stored in Redis`));
  }
  return found;
}

/** Of the tokens that were given out, the newest are asked about. */
const ASKED_ABOUT = 40;

/** What has ended is inactive at every process that introspects, whichever has ended it. */
async function stillActive(world: World, brokers: readonly Broker[]): Promise<string[]> {
  const { rows } = await world.database.pool.query<{ jti: string }>(
    `select t."jti" from "tokens" t join "grants" g on g."id" = t."grant_id"
     where t."ended_at" is not null or g."ended_at" is not null or t."expires_at" < clock_timestamp()`,
  );
  const ended = new Set(rows.map(({ jti }) => jti));
  const tokens = tokensOf(world)
    .filter((token) => ended.has(String(claimsOf(token)['jti'])))
    .slice(-ASKED_ABOUT);
  const asked = brokers.flatMap((broker) =>
    tokens.map(async (token) => {
      const verifier = new Caller(world, broker.issuer, 'payments-api', broker.base);
      // A process that only works has no such route.
      const answer = await verifier.introspect(token);
      return answer.body.active === true ? `${String(claimsOf(token)['jti'])} is active at ${broker.base}` : [];
    }),
  );
  return (await Promise.all(asked)).flat();
}

function claimsOf(token: string): Record<string, unknown> {
  return JSON.parse(Buffer.from(token.split('.')[1] ?? '', 'base64url').toString()) as Record<string, unknown>;
}

/**
 * The ten invariants after a race or a crash: waits for what follows by itself, then asks the database, the cards and
 * what these brokers logged. @returns what is broken, in words; empty when all hold
 */
export async function brokenAfterwards(world: World, brokers: readonly Broker[], ms = 20_000): Promise<string[]> {
  for (const [what, query] of Object.entries(SOON)) {
    await until(what, async () => (await world.database.pool.query(query)).rows.length === 0, ms);
  }
  const letters = await world.database.pool.query<{ error: string }>('select "error" from "dead_letters"');
  const [first] = brokers;
  if (first !== undefined) await settledCards(world, first, Math.max(ms, 60_000));
  return [
    ...(await brokenInvariants(world)),
    ...letters.rows.map((row) => `a dead letter: ${row.error}`),
    ...(await leaks(world, brokers)),
    ...(await stillActive(world, brokers)),
  ];
}

/** Waits until all that had to follow has followed: the outbox is empty of due work and no card of a decided request has buttons. */
export async function settledCards(world: World, broker: Broker, ms = 20_000): Promise<void> {
  await until(
    'the outbox drains',
    async () => {
      const { rows } = await world.database.pool.query<{ left: number }>(
        `select count(*)::int as "left" from "outbox" where "dispatched_at" is null and ("not_before" is null or "not_before" < clock_timestamp())`,
      );
      return rows[0]?.left === 0;
    },
    ms,
  );
  await until(
    'no decided request keeps its buttons',
    async () => {
      const { rows } = await world.database.pool.query<{ id: string }>(
        `select "id" from "escalations" where "status" <> 'pending'`,
      );
      const over = new Set(rows.map((row) => row.id));
      const cards = await new SlackDriver(broker).messages();
      return cards.every(
        (card) =>
          !JSON.stringify(card.blocks).includes('"actions"') ||
          ![...over].some((id) => JSON.stringify(card).includes(id)),
      );
    },
    ms,
  );
}
