import { refundAsk } from '../harness/actors/agent.js';
import { REDIS_IS_HERE, startRedis } from '../harness/world/redis.js';
import { created } from '../harness/world/stage.js';
import { until } from '../harness/judges/until.js';
import { openField, type Field } from './field.js';
import { interleaved, percentiles, type Bench, type Figures } from './figure.js';

const REQUESTS = 60;
const WARM_UP = 20;
/** `RELAY_TIMING.pollMs`: what a relay waits that nothing wakes. */
const POLL_MS = 250;

/**
 * From writing an outbox row to its hand-over to the queue, both by the database's clock: jobs in PostgreSQL and jobs in
 * Redis where one process serves and works, and where they are two, so that the relay finds the row by polling.
 */
export const outboxLag: Bench = {
  name: 'outbox_lag',
  gives: ['outbox_lag_p50', 'outbox_lag_p99', 'outbox_lag_apart_p50', 'outbox_lag_apart_p99'],
  run: async (rounds, say): Promise<Figures> => {
    const redis = REDIS_IS_HERE ? await startRedis() : undefined;
    if (redis === undefined) say('outbox_lag: there is no Redis here, so the reference is the poll of 250 ms');
    const fields: Field[] = [];
    const open = async (...plan: Parameters<typeof openField>): Promise<Field> => {
      const field = await openField(...plan);
      fields.push(field);
      await lags(field, WARM_UP);
      return field;
    };
    try {
      const here = await open({ processes: ['api,worker'] });
      const apart = await open({ processes: ['api', 'worker'] });
      const onRedis = redis && (await open({ processes: ['api,worker'], redisUrl: redis.url }));
      const poll = async (): Promise<number[]> => [POLL_MS];
      const one = await interleaved(rounds, () => lags(here, REQUESTS), onRedis ? () => lags(onRedis, REQUESTS) : poll);
      const two = await interleaved(rounds, () => lags(apart, REQUESTS), poll);
      const name = onRedis ? 'jobs in Redis' : 'the interval at which a relay polls that nothing wakes';
      return {
        ...percentiles('outbox_lag', one.ours, one.reference, 'ms', name),
        ...percentiles('outbox_lag_apart', two.ours, two.reference, 'ms', 'the interval at which the relay polls'),
      };
    } finally {
      for (const field of fields) await field.close();
      await redis?.close();
    }
  },
};

/** Milliseconds for each row of so many requests that people are to decide, made one after the other. */
async function lags(field: Field, requests: number): Promise<number[]> {
  const { pool } = field.world.database;
  const { rows } = await pool.query<{ seq: string }>(`select coalesce(max("seq"), 0)::text as "seq" from "outbox"`);
  const agent = field.caller('support-bot');
  for (let n = 0; n < requests; n += 1) created(await agent.ask(refundAsk(String(n))), 202);
  return until('everything is handed over', async () => {
    const since = await pool.query<{ ms: number | null }>(
      `select extract(epoch from "dispatched_at" - "created_at")::float8 * 1000 as "ms" from "outbox" where "seq" > $1`,
      [rows[0]?.seq],
    );
    const samples = since.rows.map(({ ms }) => ms).filter((ms) => ms !== null);
    return samples.length >= requests && samples.length === since.rows.length && samples;
  });
}
