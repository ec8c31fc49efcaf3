import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { resolve } from 'node:path';
import type pg from 'pg';
import { AWAITED, jobIdOf, TOPICS } from '#delivery/queues.js';
import { untilTrue } from '#delivery/testing/until-true.js';
import type { Seals } from '#escalations/ports.js';
import { startEmbeddedPostgres, type EmbeddedPostgres } from '../embedded/embedded-postgres.js';
import { Journal } from '../connection/journal.js';
import { migrate } from '../schema/migrate.js';
import { createPool } from '../connection/pool.js';
import { PostgresListener } from './postgres-listener.js';
import { PostgresOutbox } from './postgres-outbox.js';
import { RandomIds } from '../connection/random-ids.js';

describe('the outbox in PostgreSQL', () => {
  let server: EmbeddedPostgres;
  let pool: pg.Pool;
  let outbox: PostgresOutbox;

  beforeAll(async () => {
    server = await startEmbeddedPostgres({ ephemeral: true, log: () => undefined });
    await migrate(server.url, resolve('prisma/migrations'), () => undefined);
    pool = createPool(server.url);
    const seals = { mac: () => 'sealed' } as unknown as Seals;
    outbox = new PostgresOutbox(pool, new Journal(new RandomIds(), seals));
  }, 60_000);
  afterAll(async () => {
    await pool?.end();
    await server?.stop();
  });
  beforeEach(() => pool.query('truncate "outbox", "dead_letters"'));

  async function put(topic: string, id: string, inSeconds: number | null = null): Promise<string> {
    const { rows } = await pool.query<{ seq: string }>(
      `insert into "outbox" ("topic", "payload", "not_before")
       values ($1, jsonb_build_object('id', $2::text), clock_timestamp() + make_interval(secs => $3)) returning "seq"::text as "seq"`,
      [topic, id, inSeconds],
    );
    return rows[0]!.seq;
  }

  it('gives the oldest rows with the time until they are due', async () => {
    const first = await put('card.publish', 'esc_1');
    const second = await put('deadline.escalation', 'esc_1', 60);
    await put('deadline.grant', 'gra_1', -60);
    const rows = await outbox.claim(TOPICS, 2, 20);
    expect(rows).toMatchObject([
      { seq: first, topic: 'card.publish', id: 'esc_1', delayMs: 0 },
      { seq: second, topic: 'deadline.escalation', id: 'esc_1' },
    ]);
    expect(rows[1]!.delayMs).toBeGreaterThan(59_000);
    expect(rows[1]!.delayMs).toBeLessThanOrEqual(60_000);
    expect(await outbox.claim(TOPICS, 2, 20)).toMatchObject([{ id: 'gra_1', delayMs: 0 }]);
  });

  it('gives each row to one of many relays', async () => {
    for (let n = 0; n < 40; n += 1) await put('card.publish', `esc_${n}`);
    const claims = await Promise.all(Array.from({ length: 8 }, () => outbox.claim(TOPICS, 10, 20)));
    const seqs = claims.flat().map((row) => row.seq);
    expect(new Set(seqs).size).toBe(seqs.length);
  });

  it('gives a row again when the lease ran out or was given back, but never a dispatched one', async () => {
    const seq = await put('card.publish', 'esc_1');
    await outbox.claim(TOPICS, 10, 20);
    expect(await outbox.claim(TOPICS, 10, 20)).toEqual([]);
    await outbox.release([seq]);
    expect(await outbox.claim(TOPICS, 10, -1)).toHaveLength(1);
    expect(await outbox.claim(TOPICS, 10, -1)).toHaveLength(1);
    await outbox.dispatched([seq]);
    await outbox.release([seq]);
    expect(await outbox.claim(TOPICS, 10, 20)).toEqual([]);
  });

  it('gives a row whose job is not done again after a while, until the job is done or a dead letter', async () => {
    const seqs = [
      await put('notice.send', 'esc_1'),
      await put('notice.send', 'esc_2'),
      await put('card.publish', 'esc_3'),
    ];
    const undone = async (): Promise<string[]> => (await outbox.claimUndone(AWAITED, 10, -1, -1)).map((row) => row.seq);
    expect(await undone()).toEqual([]);
    await outbox.dispatched(seqs);
    expect((await outbox.claimUndone(AWAITED, 10, 20, 20)).length).toBe(0);
    expect(await undone()).toEqual(seqs);
    await outbox.done(jobIdOf(seqs[0] as string));
    await outbox.park({
      topic: 'notice.send',
      jobId: jobIdOf(seqs[1] as string),
      payload: { id: 'esc_2' },
      error: 'no',
    });
    expect(await undone()).toEqual(seqs.slice(2));
    // Handing it over starts the while again.
    await outbox.dispatched(seqs);
    expect((await outbox.claimUndone(AWAITED, 10, 20, 20)).length).toBe(0);
    expect(await outbox.claim(TOPICS, 10, 20)).toEqual([]);
  });

  it('takes a job that was done before its row was marked as handed over for handed over', async () => {
    const seq = await put('notice.send', 'esc_1');
    await outbox.done(jobIdOf(seq));
    await outbox.dispatched([seq]);
    expect(await outbox.claim(TOPICS, 10, 20)).toEqual([]);
    expect(await outbox.claimUndone(AWAITED, 10, 20, -1)).toEqual([]);
  });

  it('knows which requests never have a card, and is done with them once they are announced', async () => {
    for (const [id, outcome] of [
      ['esc_allowed', 'allow'],
      ['esc_decided', 'require_approval'],
    ] as const) {
      await asked(id, outcome);
      await put('card.publish', id);
    }
    await put('deadline.escalation', 'esc_allowed');
    const rows = await outbox.claim(TOPICS, 10, -1);
    expect(rows.map(({ id, jobless }) => [id, jobless])).toEqual([
      ['esc_allowed', true],
      ['esc_decided', false],
      ['esc_allowed', false],
    ]);
    const jobless = rows.filter((row) => row.jobless).map((row) => row.seq);
    await outbox.dispatched(
      rows.map((row) => row.seq),
      jobless,
    );
    expect((await outbox.claimUndone(AWAITED, 10, -1, -1)).map(({ id }) => id)).toEqual(['esc_decided']);
  });

  /** A request of which nothing but the policy's outcome is true. */
  async function asked(id: string, outcome: string): Promise<void> {
    const client = await pool.connect();
    try {
      await client.query('set session_replication_role = replica');
      await client.query(
        `insert into "escalations" ("id", "agent_uid", "agent_id", "owner_id", "resource", "status", "last_change", "digest", "request", "task_id",
           "risk", "policy_version", "policy", "policy_mac", "deferral_hash", "deadline")
         values ($1, 1, 'bot', 'alice', 'https://r.example', 'pending', 'requested', '', '{}', '', 'low', '', jsonb_build_object('outcome', $2::text), '',
           convert_to($1, 'UTF8'), now())`,
        [id, outcome],
      );
    } finally {
      await client.query('set session_replication_role = origin');
      client.release();
    }
  }

  it('tells a row from another of its number, which a database that was put back gives out again', async () => {
    const seq = await put('notice.send', 'esc_1');
    const [before] = await outbox.claim(TOPICS, 10, -1);
    await pool.query('truncate "outbox"');
    await pool.query(`insert into "outbox" ("seq", "topic", "payload") values ($1, 'notice.send', '{"id":"esc_2"}')`, [
      seq,
    ]);
    const [after] = await outbox.claim(TOPICS, 10, -1);
    const ids = [before, after].map((row) => jobIdOf(row!.seq, row!.stamp));
    expect(ids[0]).not.toBe(ids[1]);
    await outbox.dispatched([seq]);
    await outbox.done(ids[0] as string);
    expect(await outbox.claimUndone(AWAITED, 10, -1, -1)).toHaveLength(1);
    await outbox.done(ids[1] as string);
    expect(await outbox.claimUndone(AWAITED, 10, -1, -1)).toEqual([]);
  });

  it('never asks after what a sweeper finds', async () => {
    const seq = await put('deadline.grant', 'gra_1');
    await outbox.dispatched([seq]);
    expect(await outbox.claimUndone(TOPICS, 10, 20, -1)).toEqual([]);
  });

  it('leaves topics of a newer broker alone', async () => {
    await put('card.burn', 'esc_1');
    expect(await outbox.claim(TOPICS, 10, 20)).toEqual([]);
  });

  it('keeps one unresolved dead letter of a job', async () => {
    const letter = { topic: 'card.publish', jobId: 'outbox-1', payload: { id: 'esc_1' }, error: 'no' };
    await outbox.park(letter);
    await outbox.park(letter);
    expect((await pool.query('select "topic", "job_id", "payload", "error" from "dead_letters"')).rows).toEqual([
      { topic: 'card.publish', job_id: 'outbox-1', payload: { id: 'esc_1' }, error: 'no' },
    ]);
    await pool.query('update "dead_letters" set "resolved_at" = clock_timestamp()');
    await outbox.park(letter);
    expect((await pool.query('select from "dead_letters"')).rowCount).toBe(2);
  });

  describe('and its listeners', () => {
    let feed: PostgresListener;
    let batches: (readonly string[])[];
    let sessions: number;
    let lost: number;

    beforeEach(async () => {
      [batches, sessions, lost] = [[], 0, 0];
      feed = new PostgresListener(server.url);
      feed.open({
        heard: (ids) => batches.push(ids),
        listening: () => (sessions += 1),
        lost: () => (lost += 1),
      });
      await untilTrue(() => sessions === 1);
    });
    afterEach(() => feed.close());

    it('hear a batch in one message', async () => {
      await outbox.announce(['esc_1', 'esc_2']);
      await untilTrue(() => batches.length === 1);
      expect(batches).toEqual([['esc_1', 'esc_2']]);
    });

    it('hear a batch too long for one message in several', async () => {
      const ids = Array.from({ length: 100 }, (_, n) => `esc_${String(n).padStart(100, '0')}`);
      await outbox.announce(ids);
      await untilTrue(() => batches.flat().length === 100);
      expect(batches.flat()).toEqual(ids);
      expect(batches.length).toBe(2);
    });

    it('hear again after their connection was cut', async () => {
      await pool.query(
        `select pg_terminate_backend(pid) from pg_stat_activity where application_name = 'writ changes'`,
      );
      await untilTrue(() => sessions === 2);
      expect(lost).toBe(1);
      await outbox.announce(['esc_3']);
      await untilTrue(() => batches.length === 1);
    });
  });
});
