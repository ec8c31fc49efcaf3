import type { QueueName } from '#delivery/queues.js';
import { startOwnRedis } from '../world/redis.js';
import type { World } from '../world/world.js';

/** Where the jobs of one world are kept, and what can be done to them there behind the broker's back. */
export interface QueuePlace {
  readonly redisUrl: string | undefined;
  /** All jobs are gone, and whatever else the queues knew of themselves. */
  lose(world: World): Promise<void>;
  /** No worker gets a job of this queue. */
  pause(world: World, queue: QueueName): Promise<void>;
  close(): Promise<void>;
}

/** Redis loses everything by FLUSHALL, or because it is killed and started anew without having kept anything. */
export async function inRedis(how: 'flushed' | 'restarted'): Promise<QueuePlace> {
  const redis = await startOwnRedis();
  return {
    redisUrl: redis.url,
    lose: async () => {
      if (how === 'flushed') await redis.command('FLUSHALL');
      else await redis.restart();
    },
    pause: async (_world, queue) => void (await redis.command('HSET', `writ:${queue}:meta`, 'paused', '1')),
    close: () => redis.close(),
  };
}

/** PostgreSQL loses the queue's tables and not ours. */
export function inPostgres(): Promise<QueuePlace> {
  return Promise.resolve({
    redisUrl: undefined,
    lose: async ({ database }) => {
      const { rows } = await database.pool.query<{ name: string }>(
        `select format('%I.%I', "table_schema", "table_name") as "name" from "information_schema"."tables"
         where "table_schema" = 'bullmq' and "table_type" = 'BASE TABLE' and "table_name" <> 'migration'`,
      );
      await database.pool.query(`truncate ${rows.map(({ name }) => name).join()}`);
    },
    pause: async ({ database }, queue) =>
      void (await database.pool.query('select "bullmq"."pause"($1, true)', [queue])),
    close: () => Promise.resolve(),
  });
}
