import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import type pg from 'pg';
import type { Ended } from '#escalations/glances.js';
import { applyConfig } from '../../harness/world/apply.js';
import { sealedOf } from '../../harness/world/sealed.js';
import { makeWorld, type World } from '../../harness/world/world.js';
import { createPool, type DatabasePool } from '#persistence/connection/pool.js';
import { PostgresGlances } from '#persistence/watch/postgres-glances.js';

let world: World;
let pool: DatabasePool;
let glances: PostgresGlances;
let told: Ended[];

beforeAll(async () => {
  world = await makeWorld();
  await applyConfig(world, () => undefined);
  pool = createPool(world.database.url, { max: 2 });
});
afterAll(async () => {
  await pool?.end();
  await world?.remove();
});
beforeEach(async () => {
  glances = new PostgresGlances(pool, sealedOf(world));
  told = [];
  await look();
  glances.watch((ended) => void told.push(ended));
});

const look = () => glances.since(performance.now());
const end = (db: Pick<pg.Pool, 'query'>, subject: string, kind = 'grant') =>
  db.query(
    `insert into "revocations" ("kind", "subject", "not_before", "until") values ($1, $2, clock_timestamp(), clock_timestamp() + interval '1 hour')`,
    [kind, subject],
  );

describe('a glance', () => {
  it('tells each end once, whichever transaction began first', async () => {
    const early = await world.database.pool.connect();
    await early.query('begin');
    await end(early, 'grt_early');
    await look();
    await end(world.database.pool, 'grt_late');
    await look();
    expect(told).toEqual([['grt_late']]);
    await early.query('commit');
    early.release();
    await look();
    await look();
    expect(told).toEqual([['grt_late'], ['grt_early']]);
  });

  it('tells nothing of what was rolled back', async () => {
    const client = await world.database.pool.connect();
    await client.query('begin');
    await end(client, 'grt_never');
    await look();
    await client.query('rollback');
    client.release();
    await look();
    expect(told).toEqual([]);
  });

  it('tells that anything may have ended when a whole subject has, or too much to name', async () => {
    for (const [kind, subject] of [
      ['agent', '1'],
      ['task', '1/t'],
      ['approver', 'bob'],
      ['key', 'k'],
      ['restore', '1'],
    ]) {
      await end(world.database.pool, subject as string, kind);
      await look();
    }
    await world.database.pool.query(
      `insert into "revocations" ("kind", "subject", "not_before", "until")
       select 'grant', 'grt_' || n, clock_timestamp(), clock_timestamp() + interval '1 hour' from generate_series(1, 1001) n`,
    );
    await look();
    expect(told).toEqual(Array.from({ length: 6 }, () => 'any'));
  });

  it('tells that anything may have ended at the first look, and at the one after a look that failed', async () => {
    const broken = createPool(world.database.url, { max: 1 });
    const anew = new PostgresGlances(broken, sealedOf(world));
    const heard: Ended[] = [];
    anew.watch((ended) => void heard.push(ended));
    await anew.since(performance.now());
    expect(heard).toEqual(['any']);
    await broken.end();
    await expect(anew.since(performance.now())).rejects.toThrow();
    expect([heard, anew.known(-Infinity)]).toEqual([['any', 'any'], null]);
  });

  it('is from after the question, and one for all who ask together', async () => {
    const askedAt = performance.now();
    const [first, second] = await Promise.all([glances.since(askedAt), glances.since(askedAt)]);
    expect(first.sentAt).toBeGreaterThanOrEqual(askedAt);
    expect(second).toBe(first);
    expect([glances.known(askedAt), glances.known(performance.now())]).toEqual([first, null]);
    const underWay = glances.since(performance.now());
    await new Promise((resolve) => setImmediate(() => setImmediate(resolve)));
    const later = performance.now();
    expect((await glances.since(later)).sentAt).toBeGreaterThanOrEqual(later);
    await underWay;
  });

  it('names the configuration in force, another once another is applied', async () => {
    const { configuration } = await look();
    await applyConfig(world, (config) => void (config.limits.pending_per_agent = 7));
    const next = await look();
    expect([configuration, next.configuration].map((name) => /^\d+\/\S+$/.test(`${name}`))).toEqual([true, true]);
    expect(next.configuration).not.toBe(configuration);
    expect(next.now).toBeGreaterThan(Date.now() - 60_000);
  });
});
