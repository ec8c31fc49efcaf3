import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { cloneDatabase, type Database } from '../harness/world/database.js';
import { startFaultProxy } from '../harness/faults/fault-proxy.js';
import { until } from '../harness/judges/until.js';
import { inTransaction } from '#persistence/connection/in-transaction.js';
import type pg from 'pg';
import { createPool, type DatabasePool } from '#persistence/connection/pool.js';
import { createPrisma } from '#persistence/connection/prisma-client.js';
import { isUnavailable } from '#persistence/connection/store-fault.js';
import { StorePulse } from '#persistence/connection/store-pulse.js';

let database: Database;
let pool: DatabasePool;
beforeAll(async () => {
  database = await cloneDatabase(process.env['WRIT_TEST_SERVER_URL'] ?? '');
  pool = createPool(database.url, { max: 3 });
  await pool.query('create table "sums" ("id" int primary key, "n" int not null)');
  await pool.query('insert into "sums" values (1, 0), (2, 0)');
});
afterAll(async () => {
  await pool?.end();
  await database?.drop();
});

const withUrl = (change: (url: URL) => void): string => {
  const url = new URL(database.url);
  change(url);
  return url.href;
};
async function failure(url: string, ask: (pool: pg.Pool) => Promise<unknown>): Promise<unknown> {
  const pool = createPool(url, { max: 1 });
  try {
    return await ask(pool).then(
      () => null,
      (error: unknown) => error,
    );
  } finally {
    await pool.end();
  }
}

describe('a transaction', () => {
  it('that a deadlock undid is run again, whoever the victim was', async () => {
    let met = 0;
    const meeting = new Set<() => void>();
    const meet = (): Promise<void> =>
      new Promise((resolve) => {
        met += 1;
        meeting.add(resolve);
        if (met >= 2) [...meeting].forEach((go) => go());
      });
    const add = (first: number, then: number): Promise<void> =>
      inTransaction(pool, async (client) => {
        await client.query('update "sums" set "n" = "n" + 1 where "id" = $1', [first]);
        await meet();
        await client.query('update "sums" set "n" = "n" + 1 where "id" = $1', [then]);
      });
    await Promise.all([add(1, 2), add(2, 1)]);
    const { rows } = await pool.query('select "n" from "sums" order by "id"');
    expect(rows).toEqual([{ n: 2 }, { n: 2 }]);
    expect(met).toBe(3);
  });

  it('that passed over an error of the database says so instead of forgetting what it wrote', async () => {
    const passingOver = inTransaction(pool, async (client) => {
      await client.query('update "sums" set "n" = 99');
      await client.query('select 1 / 0').catch(() => undefined);
    });
    await expect(passingOver).rejects.toThrow('had failed before its commit');
  });

  it('whose plan has outlived the schema is run again on another connection', async () => {
    const read = (): Promise<unknown[]> =>
      inTransaction(pool, async (client) => {
        const { rows } = await client.query({ name: 'sums', text: 'select "id", "n" from "sums" order by "id"' });
        return rows as unknown[];
      });
    await Promise.all([read(), read(), read()]);
    await database.pool.query('alter table "sums" alter column "n" type bigint');
    expect(await Promise.all([read(), read(), read()])).toHaveLength(3);
    expect((await pool.query({ name: 'sums', text: 'select "id", "n" from "sums" order by "id"' })).rows).toHaveLength(
      2,
    );
  });
});

describe('while the store says nothing', () => {
  it('a statement, a transaction and a wait for a connection end, and a lock that is held is no silence', async () => {
    const proxy = await startFaultProxy(database.url);
    const pulse = new StorePulse(proxy.url);
    const far = createPool(proxy.url, { max: 2, pulse });
    pulse.start();
    try {
      await far.query('select 1');
      const holder = await database.pool.connect();
      await holder.query('begin; update "sums" set "n" = 0');
      const waiting = far.query('update "sums" set "n" = 1').then(
        () => null,
        (error: { code?: unknown }) => error.code,
      );
      // The server itself gives up on the lock; nobody took it for dead meanwhile.
      expect(await waiting).toBe('55P03');
      expect(pulse.silent).toBe(false);
      await holder.query('rollback');
      holder.release();

      proxy.swallow('all');
      const from = performance.now();
      const ends = await Promise.all(
        Array.from({ length: 6 }, () =>
          far.query('select 1').then(
            () => null,
            (error: unknown) => error,
          ),
        ),
      );
      expect(ends.every(isUnavailable)).toBe(true);
      expect(performance.now() - from).toBeLessThan(4_500);
      expect(pulse.silent).toBe(true);
      const again = performance.now();
      await expect(inTransaction(far, (client) => client.query('select 1'))).rejects.toThrow('does not answer');
      expect(performance.now() - again).toBeLessThan(1_500);

      proxy.admit();
      // Who comes now waits for it instead of being refused.
      await until('it answers', async () => (await far.query('select 1').catch(() => null)) !== null, 5_000);
      expect(pulse.silent).toBe(false);
    } finally {
      await far.end();
      await pulse.close();
      await proxy.close();
    }
  });

  it('one dead connection among living ones is found out, and none like it is handed out', async () => {
    const proxy = await startFaultProxy(database.url);
    const far = createPool(proxy.url, { max: 2 });
    try {
      await Promise.all([far.query('select pg_sleep(0.1)'), far.query('select pg_sleep(0.1)')]);
      proxy.swallow('standing');
      const from = performance.now();
      await expect(far.query('select 1')).rejects.toThrow('Query read timeout');
      expect(performance.now() - from).toBeLessThan(4_500);
      expect((await far.query('select 1 as "n"')).rows).toEqual([{ n: 1 }]);
    } finally {
      await far.end();
      await proxy.close();
    }
  });
});

describe('a connection that cannot be had', () => {
  it.each([
    ['nobody listens', (url: URL) => (url.port = '1')],
    ['the name does not resolve', (url: URL) => (url.hostname = 'nowhere.invalid')],
    ['there is no such database', (url: URL) => (url.pathname = '/nowhere')],
    ['there is no such role', (url: URL) => (url.username = 'nobody-known')],
    ['the server speaks no TLS', (url: URL) => url.searchParams.set('ssl', 'true')],
  ])('is «not now», through the pool and through Prisma: %s', async (_what, change) => {
    const url = withUrl(change);
    expect(isUnavailable(await failure(url, (pool) => pool.query('select 1')))).toBe(true);
    expect(isUnavailable(await failure(url, (pool) => pool.connect()))).toBe(true);
    const viaPrisma = await failure(url, async (pool) => {
      const prisma = await createPrisma(pool);
      await prisma.signingKey.findMany().finally(() => prisma.$disconnect());
    });
    expect(isUnavailable(viaPrisma)).toBe(true);
  });

  it('is «not now» through Prisma also for what a statement is answered', async () => {
    const fail = (code: string): string =>
      `create or replace function "refuses"() returns text language plpgsql as $$ begin raise exception 'injected' using errcode = '${code}'; end $$`;
    for (const code of ['25006', '53100', '57P01', '55000']) {
      const told = await failure(database.url, async (pool) => {
        const prisma = await createPrisma(pool);
        await pool.query(fail(code));
        await prisma.$queryRawUnsafe('select "refuses"()').finally(() => prisma.$disconnect());
      });
      expect([code, isUnavailable(told)]).toEqual([code, true]);
    }
  });
});
