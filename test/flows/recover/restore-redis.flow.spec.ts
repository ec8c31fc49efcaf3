import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Redis } from 'ioredis';
import { RedisCell } from '#delivery/bull/redis-cell.js';
import { alarms, isActive, Restorable } from '../../harness/world/restorable.js';
import { REDIS_IS_HERE, startRedis, type TestRedis } from '../../harness/world/redis.js';
import { collectedRefund } from '../../harness/world/stage.js';
import { until } from '../../harness/judges/until.js';

const onRedis = REDIS_IS_HERE ? describe : describe.skip;
if (!REDIS_IS_HERE)
  process.stderr.write('The mark in Redis is not tested: no redis-server on PATH and no REDIS_URL.\n');

onRedis('brokers without a data folder of their own, with a Redis', () => {
  let redis: TestRedis;
  let client: Redis;
  let here: Restorable;
  const folders: string[] = [];

  beforeAll(async () => {
    redis = await startRedis();
    client = new Redis(redis.url);
    here = await Restorable.start({ redisUrl: redis.url, extra: inNewFolder() });
  }, 60_000);
  afterAll(async () => {
    await here?.close();
    client.disconnect();
    await redis?.close();
    for (const folder of folders) rmSync(folder, { recursive: true, force: true });
  });

  /** As a container that was made a moment ago. */
  function inNewFolder(): { WRIT_DATA_DIR: string } {
    const folder = mkdtempSync(join(tmpdir(), 'writ-new-'));
    folders.push(folder);
    return { WRIT_DATA_DIR: folder };
  }
  const key = async (): Promise<string> => (await client.keys('writ:high-water:*'))[0] ?? '';
  const mark = async (): Promise<string | null> => client.get(await key());
  const seqOf = (text: string | null): number => Number((JSON.parse(text ?? '{}') as { seq?: string }).seq);
  const newest = async (): Promise<number> => {
    const { rows } = await here.world.database.pool.query<{ n: number }>(`select max("seq")::int as "n" from "events"`);
    return rows[0]?.n ?? 0;
  };
  const marked = (): Promise<unknown> =>
    until('the newest event is the mark', async () => seqOf(await mark()) === (await newest()));
  const epochs = async (): Promise<unknown[]> =>
    (JSON.parse((await here.run('restore', 'status', '--json')).out) as { items: unknown[] }).items;

  it('keep the mark there, put it back after a wipe, and only move it on', async () => {
    const early = await until('a mark', mark);
    await collectedRefund(here.stage);
    await marked();
    const where = await key();
    await client.set(where, early);
    await marked();
    await client.del(where);
    await marked();
    expect(await epochs()).toEqual([]);
  });

  it('believe no mark that was edited', async () => {
    const edited = { ...(JSON.parse(await until('a mark', mark)) as object), seq: '999999999' };
    await client.set(await key(), JSON.stringify(edited));
    await until('it is replaced', async () => seqOf(await mark()) !== 999_999_999);
    expect(alarms(here)).toMatch(/mark in Redis is of another master key or damaged/);
    expect(await epochs()).toEqual([]);
  });

  it('go on without it while it is away', async () => {
    await here.broker.close();
    await here.startBroker({ ...inNewFolder(), REDIS_URL: 'redis://127.0.0.1:9', WRIT_ROLES: 'api' });
    expect(alarms(here)).toMatch(/The mark in Redis is failing/);
    const held = await collectedRefund(here.stage);
    expect(await isActive(here, held.token)).toBe(true);
    await here.broker.close();
    await here.startBroker(inNewFolder());
  });

  it('see before they serve that the database was put back, once, and mark its new events from then on', async () => {
    const before = await collectedRefund(here.stage, { requested_ttl: 200 });
    await here.broker.close();
    await here.backup();
    await here.startBroker(inNewFolder());
    await collectedRefund(here.stage);
    await here.broker.close();
    const lost = seqOf(await mark());
    await here.putBack();
    await here.startBroker(inNewFolder());
    expect(alarms(here)).toMatch(/no longer holds event/);
    expect(await isActive(here, before.token)).toBe(false);
    await marked();
    expect(seqOf(await mark())).toBeLessThan(lost);
    await here.broker.close();
    await here.startBroker(inNewFolder());
    expect(alarms(here)).not.toMatch(/no longer holds event/);
    expect(await epochs()).toMatchObject([{ id: '1', cause: 'detected' }]);
  });

  it('replace only what they have read', async () => {
    const [one, other] = [new RedisCell(redis.url, 'test-cell'), new RedisCell(redis.url, 'test-cell')];
    try {
      expect([await one.read(), await other.read()]).toEqual([null, null]);
      expect([await one.replace(null, 'a'), await other.replace(null, 'b')]).toEqual([true, false]);
      expect(await other.read()).toBe('a');
      expect([await other.replace('a', 'c'), await one.replace('a', 'd'), await one.read()]).toEqual([
        true,
        false,
        'c',
      ]);
    } finally {
      one.close();
      other.close();
    }
  });
});
