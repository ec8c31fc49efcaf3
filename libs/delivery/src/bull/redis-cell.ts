import type { Cluster, Redis } from 'ioredis';
import { within } from '#domain/within.js';
import { QueueUnusable, redisClientOf } from './connection.js';
import { readRedisUrl, REDIS_URL_FORMS } from './redis-url.js';

const CONNECT_MS = 2_000;
const COMMAND_MS = 1_000;

/** Sets KEYS[1] to ARGV[2] if it still holds ARGV[1] (empty: nothing). */
const REPLACE = `if (redis.call('get', KEYS[1]) or '') ~= ARGV[1] then return 0 end redis.call('set', KEYS[1], ARGV[2]) return 1`;

/**
 * One text in Redis that only who has read it replaces, so that of several processes none overwrites what it did not
 * judge. Rejects at once while Redis is away, and reconnects by itself.
 */
export class RedisCell {
  private readonly client: Redis | Cluster;
  private opened: Promise<unknown> | undefined;

  /** @param redisUrl as `readRedisUrl` takes it */
  constructor(
    redisUrl: string,
    private readonly key: string,
  ) {
    const place = readRedisUrl(redisUrl);
    if (place === null) throw new QueueUnusable(`REDIS_URL must be ${REDIS_URL_FORMS}.`);
    const impatient = { connectTimeout: CONNECT_MS, commandTimeout: COMMAND_MS, disconnectTimeout: 100 };
    this.client = redisClientOf(
      place,
      { ...impatient, enableOfflineQueue: false, maxRetriesPerRequest: 0 },
      { enableOfflineQueue: false },
    );
    // An `error` event without a listener would end the process; the caller is told by the rejection.
    this.client.on('error', () => undefined);
  }

  /** `null` when there is none. */
  async read(): Promise<string | null> {
    await this.connected();
    return this.client.get(this.key);
  }

  /** Writes `next` unless somebody has replaced what was `read`; false when somebody has. */
  async replace(read: string | null, next: string): Promise<boolean> {
    await this.connected();
    return (await this.client.eval(REPLACE, 1, this.key, read ?? '', next)) === 1;
  }

  close(): void {
    this.client.disconnect();
  }

  /** Waits for the first connection only, and not for long. */
  private async connected(): Promise<void> {
    await (this.opened ??= within(
      CONNECT_MS,
      this.client.connect().catch(() => undefined),
    ));
  }
}
