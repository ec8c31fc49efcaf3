import { setTimeout as pause } from 'node:timers/promises';
import pg from 'pg';
import { refundAsk } from '../../harness/actors/agent.js';
import { until } from '../../harness/judges/until.js';
import { created } from '../../harness/world/stage.js';
import { inRounds, percentiles, type Bench, type Figures } from '../figure.js';
import { openField, type Field } from '../sides/field.js';

const COMMITS = 60;
const WARM_UP = 20;
/** Between two commits, so that none is found by what looks for another. */
const APART_MS = 25;
const PROGRAM = 'dist/test/bench/sides/broker-that-tells.js';

/**
 * From the commit of a request that people are to decide until a worker begins the first job that it left, with every
 * role in one process and with the worker elsewhere; against a bare row whose transaction notifies and a loop that
 * claims by SKIP LOCKED.
 */
export const outboxLag: Bench = {
  name: 'outbox_lag',
  gives: ['outbox_lag_p50', 'outbox_lag_p99', 'outbox_lag_apart_p50', 'outbox_lag_apart_p99'],
  run: async ({ rounds }): Promise<Figures> => {
    const fields: Field[] = [];
    const open = async (...processes: string[]): Promise<Field> => {
      const field = await openField({ processes, program: PROGRAM });
      fields.push(field);
      await lags(field, WARM_UP);
      return field;
    };
    let floor: BareQueue | undefined;
    try {
      const [here, apart] = [await open('all'), await open('api', 'worker')];
      floor = await BareQueue.open(here.world.database.url);
      await floor.lags(WARM_UP);
      const queue = floor;
      const measured = await inRounds(rounds, {
        here: () => lags(here, COMMITS),
        floor: () => queue.lags(COMMITS),
        apart: () => lags(apart, COMMITS),
      });
      const name = 'a bare row with NOTIFY in its transaction, claimed by SKIP LOCKED';
      return {
        ...percentiles('outbox_lag', measured.here, measured.floor, name),
        ...percentiles('outbox_lag_apart', measured.apart, measured.floor, name),
      };
    } finally {
      await floor?.close();
      for (const field of fields) await field.close();
    }
  },
};

/** Milliseconds for each of so many requests, by the server's stamp of the commit and the clock that both share. */
async function lags(field: Field, count: number): Promise<number[]> {
  const agent = field.caller('support-bot');
  const ids: string[] = [];
  for (let n = 0; n < count; n += 1) {
    ids.push(created(await agent.ask(refundAsk(String(n))), 202).id);
    await pause(APART_MS);
  }
  const began = await until('a job of each is begun', () => {
    const told = field.processes.flatMap(({ logged }) => [...logged.join('').matchAll(/^began (\S+) (\S+)$/gm)]);
    const first = new Map<string, number>();
    for (const [, id = '', at] of told) if (!first.has(id)) first.set(id, Number(at));
    return ids.every((id) => first.has(id)) && first;
  });
  const { rows } = await field.world.database.pool.query<{ id: string; at: number }>(
    `select "id", extract(epoch from pg_xact_commit_timestamp("xmin"))::float8 * 1000 as "at" from "escalations" where "id" = any($1)`,
    [ids],
  );
  return rows.map(({ id, at }) => Number(began.get(id)) - at);
}

/** As little as a queue in PostgreSQL can be. */
class BareQueue {
  private readonly begun: number[] = [];
  private claiming = Promise.resolve();

  private constructor(
    private readonly writer: pg.Client,
    private readonly worker: pg.Client,
  ) {
    worker.on('notification', () => {
      this.claiming = this.claiming.then(() => this.claim());
    });
  }

  static async open(url: string): Promise<BareQueue> {
    const clients = [new pg.Client({ connectionString: url }), new pg.Client({ connectionString: url })] as const;
    for (const client of clients) await client.connect();
    const [writer, worker] = clients;
    await writer.query(
      `create table "bare_jobs" ("id" bigint primary key generated always as identity, "payload" jsonb not null, "done_at" timestamptz);
       create index "bare_jobs_open" on "bare_jobs" ("id") where "done_at" is null`,
    );
    await worker.query('listen "bare_jobs"');
    return new BareQueue(writer, worker);
  }

  async lags(count: number): Promise<number[]> {
    this.begun.length = 0;
    for (let n = 0; n < count; n += 1) {
      await this.writer.query({
        name: 'bare-enqueue',
        text: `with job as (insert into "bare_jobs" ("payload") values ($1) returning "id") select pg_notify('bare_jobs', '') from job`,
        values: [{ id: n }],
      });
      await pause(APART_MS);
    }
    return until('each is claimed', () => this.begun.length === count && [...this.begun]);
  }

  async close(): Promise<void> {
    await this.claiming;
    for (const client of [this.writer, this.worker]) await client.end();
  }

  private async claim(): Promise<void> {
    const { rows } = await this.worker.query<{ at: number }>({
      name: 'bare-claim',
      text: `with due as materialized (
               select "id", pg_xact_commit_timestamp("xmin") as "at" from "bare_jobs" where "done_at" is null
               order by "id" limit 100 for update skip locked)
             update "bare_jobs" j set "done_at" = clock_timestamp() from due where j."id" = due."id"
             returning extract(epoch from due."at")::float8 * 1000 as "at"`,
    });
    const now = performance.timeOrigin + performance.now();
    this.begun.push(...rows.map(({ at }) => now - at));
  }
}
