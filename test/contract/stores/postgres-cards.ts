import type { EventType } from '#escalations/rows/event-types.js';
import { createPool } from '#persistence/connection/pool.js';
import { PostgresCardStore } from '#persistence/slack/postgres-card-store.js';
import { PostgresCardTurns } from '#persistence/slack/postgres-card-turns.js';
import { PostgresThreadStore } from '#persistence/slack/postgres-thread-store.js';
import { appendHistory } from '#persistence/sql/history.js';
import type { CardPlace } from '#slack/testing/card-stores.suite.js';
import type { ThreadPlace } from '#slack/testing/thread-store.suite.js';
import { journalOf } from '../../harness/world/journal.js';
import { useCasesOf } from '../../harness/world/sealed.js';
import { asSuperuser } from '../../harness/world/superuser.js';
import { makeWorld, type World } from '../../harness/world/world.js';

let serial = 0;

/** A request of which nothing is true but that people are to decide it. Returns its id. */
async function asked(world: World): Promise<string> {
  const id = `esc_${(serial += 1)}`;
  await asSuperuser(
    world,
    `insert into "agents" ("uid", "id", "owner") overriding system value values ($1, $2, 'alice')`,
    [serial, `bot-${serial}`],
  );
  await asSuperuser(
    world,
    `insert into "escalations" ("id", "agent_uid", "agent_id", "owner_id", "resource", "status", "last_change", "digest", "request", "task_id",
       "risk", "policy_version", "policy", "policy_mac", "deferral_hash", "deadline")
     values ($1, $2, 'bot', 'alice', 'https://r.example', 'pending', 'requested', '', '{}', '', 'low', '', '{"outcome":"require_approval"}', '',
       convert_to($1, 'UTF8'), clock_timestamp() + interval '1 hour')`,
    [id, serial],
  );
  return id;
}

/** Every lease, turn, rest and hold as it will be in so many seconds. */
function pass(world: World, seconds: number): Promise<unknown> {
  return world.database.pool.query(
    `with given as (select make_interval(secs => $1) as "by"),
       channels as (update "slack_channels" set "turn_until" = "turn_until" - given."by", "next_at" = "next_at" - given."by" from given)
     update "slack_cards" set "leased_until" = "leased_until" - given."by", "thread_leased_until" = "thread_leased_until" - given."by",
       "held_until" = "held_until" - given."by", "posted_at" = "posted_at" - given."by" from given`,
    [seconds],
  );
}

/** Message records of a database of its own. */
export async function openCards(): Promise<CardPlace> {
  const world = await makeWorld();
  const pool = createPool(world.database.url, { max: 4 });
  const texts = async (sql: string, id: string): Promise<string[]> =>
    (await world.database.pool.query<{ text: string }>(sql, [id])).rows.map(({ text }) => text);
  return {
    cards: new PostgresCardStore(pool, useCasesOf(world, pool).store),
    turns: new PostgresCardTurns(pool),
    asked: () => asked(world),
    movesOn: (id) => asSuperuser(world, `update "escalations" set "version" = "version" + 1 where "id" = $1`, [id]),
    pass: async (seconds) => void (await pass(world, seconds)),
    caused: async (id) => ({
      events: await texts(`select "type" as "text" from "events" where "escalation_id" = $1 order by "seq"`, id),
      jobs: await texts(`select "topic" as "text" from "outbox" where "payload" ->> 'id' = $1 order by "seq"`, id),
    }),
    close: async () => {
      await pool.end();
      await world.remove();
    },
  };
}

/** Threads of a database of its own. */
export async function openThreads(): Promise<ThreadPlace> {
  const world = await makeWorld();
  const pool = createPool(world.database.url, { max: 4 });
  const cards = new PostgresCardStore(pool, useCasesOf(world, pool).store);
  const journal = journalOf(world);
  return {
    threads: new PostgresThreadStore(pool, journal),
    card: async (of) => {
      const escalationId = of ?? (await asked(world));
      const channel = `C${(serial += 1)}`;
      return { escalationId, cardId: (await cards.cardFor({ escalationId, digest: 'd', channel })).cardId };
    },
    happens: async (escalation: string, type: EventType) => {
      const id = journal.nextId();
      const entry = { id, type, actor: { kind: 'person', id: 'bob' }, escalation, agent: 'bot' } as const;
      await appendHistory(pool, [entry], Date.now(), journal);
      return id;
    },
    pass: async (seconds) => void (await pass(world, seconds)),
    close: async () => {
      await pool.end();
      await world.remove();
    },
  };
}
