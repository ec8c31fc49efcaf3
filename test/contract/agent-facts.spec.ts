import { describe, expect, it } from '@jest/globals';
import { copyFileSync, cpSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type pg from 'pg';
import { migrate } from '#persistence/schema/migrate.js';
import { cloneDatabase, type Database } from '../harness/world/database.js';
import { bothFacts } from './both-facts.js';
import { drawnFrom, FactHistory } from './fact-histories.js';
import { insertAgent, insertRow } from './lifecycle-rows.js';

const server = process.env['WRIT_TEST_SERVER_URL'] ?? '';
const COUNTERS = '20261130132000_counters';
async function signingKeys(pool: pg.Pool): Promise<void> {
  for (const kid of ['kid-1', 'kid-2'])
    await insertRow(pool, 'signing_keys', {
      kid,
      alg: 'ES256',
      public_jwk: '{}',
      wrapped_private: 'w',
      active_from: new Date(),
    });
}

async function history(pool: pg.Pool, seed: number, stops = true): Promise<FactHistory> {
  const agents = [await insertAgent(pool), await insertAgent(pool), await insertAgent(pool)];
  return new FactHistory(pool, agents, drawnFrom(seed), stops);
}

async function expectTrue(pool: pg.Pool, past: FactHistory, seed: number): Promise<void> {
  for (const uid of past.agents) {
    const { lookedUp, counted } = await bothFacts(pool, uid, past.judgedNow());
    expect({ seed, uid, ...lookedUp }).toEqual({ seed, uid, ...counted });
    // The counters are right also while open grants are judged row by row.
    const { rows } = await pool.query<{ by: { open: number; instants: number } | null }>(
      'select agent_counters_differ($1) as "by"',
      [uid],
    );
    expect({ seed, uid, ...rows[0]?.by }).toMatchObject({ seed, uid, ...(rows[0]?.by && { open: 0, instants: 0 }) });
  }
}

describe('facts that are looked up are those that counting gives', () => {
  it.each([1, 2, 3, 4])(
    'after every step of a random history (seed %i)',
    async (seed) => {
      const own = await cloneDatabase(server);
      try {
        await signingKeys(own.pool);
        const past = await history(own.pool, seed, seed % 2 === 0);
        for (let step = 0; step < 60; step += 1) {
          await past.step();
          await expectTrue(own.pool, past, seed);
        }
      } finally {
        await own.drop();
      }
    },
    120_000,
  );

  it('after histories that ran at the same time, over the same agents', async () => {
    const own = await cloneDatabase(server);
    try {
      await signingKeys(own.pool);
      const past = await history(own.pool, 7);
      const beside = [11, 12, 13, 14].map((seed) => new FactHistory(own.pool, past.agents, drawnFrom(seed)));
      await Promise.all(
        beside.map(async (one) => {
          for (let step = 0; step < 40; step += 1) await one.step();
        }),
      );
      await expectTrue(own.pool, past, 7);
    } finally {
      await own.drop();
    }
  }, 120_000);

  it('when the counters began with rows that stood before there were any', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'writ-counters-'));
    const own = await emptyDatabase();
    try {
      const all = join(process.cwd(), 'prisma', 'migrations');
      copyFileSync(join(all, 'migration_lock.toml'), join(folder, 'migration_lock.toml'));
      for (const name of readdirSync(all).filter((one) => one < COUNTERS))
        cpSync(join(all, name), join(folder, name), { recursive: true });
      await migrate(own.url, folder, () => undefined);
      await signingKeys(own.pool);
      const past = new FactHistory(own.pool, [await insertAgent(own.pool), await insertAgent(own.pool)], drawnFrom(21));
      for (let step = 0; step < 120; step += 1) await past.step().catch(unlessUpkeep);
      cpSync(join(all, COUNTERS), join(folder, COUNTERS), { recursive: true });
      await migrate(own.url, folder, () => undefined);
      await expectTrue(own.pool, past, 21);
      for (let step = 0; step < 20; step += 1) await past.step();
      await expectTrue(own.pool, past, 21);
    } finally {
      await own.drop();
      rmSync(folder, { recursive: true });
    }
  }, 120_000);
});

/** What only the functions of the counters do cannot be done before them. */
function unlessUpkeep(fault: { code?: string }): void {
  if (fault.code !== '42883') throw fault as Error;
}

async function emptyDatabase(): Promise<Database> {
  const own = await cloneDatabase(server);
  await own.pool.query('drop schema public cascade');
  await own.pool.query('create schema public');
  return own;
}
