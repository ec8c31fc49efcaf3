import type { DeadLetter } from '#delivery/ports.js';
import { describeOutboxStore } from '#delivery/testing/outbox-store.suite.js';
import { createPool } from '#persistence/connection/pool.js';
import { PostgresOutbox } from '#persistence/deliver/postgres-outbox.js';
import { journalOf } from '../../harness/world/journal.js';
import { makeWorld } from '../../harness/world/world.js';

describeOutboxStore('in PostgreSQL', async () => {
  const world = await makeWorld();
  const { pool } = world.database;
  const ours = createPool(world.database.url, { max: 4 });
  return {
    store: new PostgresOutbox(ours, journalOf(world)),
    put: async (topic, id, dueInSeconds) => {
      const { rows } = await pool.query<{ seq: string }>(
        `insert into "outbox" ("topic", "payload", "not_before")
         values ($1, jsonb_build_object('id', $2::text), clock_timestamp() + make_interval(secs => $3)) returning "seq"::text as "seq"`,
        [topic, id, dueInSeconds ?? null],
      );
      return rows[0]!.seq;
    },
    pass: async (seconds) => {
      await pool.query(
        `update "outbox" set "claimed_until" = "claimed_until" - make_interval(secs => $1),
           "dispatched_at" = "dispatched_at" - make_interval(secs => $1), "not_before" = "not_before" - make_interval(secs => $1)`,
        [seconds],
      );
    },
    letters: async () => {
      const { rows } = await pool.query<DeadLetter>(
        `select "topic", "job_id" as "jobId", "payload", "error" from "dead_letters" order by "id"`,
      );
      return rows;
    },
    resolveLetters: async () => void (await pool.query(`update "dead_letters" set "resolved_at" = clock_timestamp()`)),
    clear: async () => void (await pool.query('truncate "outbox", "dead_letters"')),
    close: async () => {
      await ours.end();
      await world.remove();
    },
  };
});
