import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { cpSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import pg from 'pg';
import { BrokenSeals, type SealedKind } from '#escalations/sealed-kinds.js';
import { MasterKeySeals } from '#tokens/master-key-seals.js';
import { judgeOver } from '#persistence/connection/judging-connections.js';
import { migrate } from '#persistence/schema/migrate.js';
import type { DatabasePool } from '#persistence/connection/pool.js';
import { RandomIds } from '#persistence/connection/random-ids.js';
import { sealExistingRows } from '#persistence/seals/seal-existing-rows.js';
import { SealedConfigurations } from '#persistence/sql/sealed-configurations.js';
import { PostgresAgents } from '#persistence/ask/postgres-agents.js';
import { isSound, RECORD_KINDS, sealedPage } from '#persistence/sql/sealed-records.js';

const MIGRATIONS = join(process.cwd(), 'prisma', 'migrations');
const ENDS = readdirSync(MIGRATIONS).find((name) => /^20261130.*_ends$/.test(name)) ?? '';
const name = `writ_test_seal_ends_${process.pid}`;
const folder = mkdtempSync(join(tmpdir(), 'writ-before-'));
let pool: DatabasePool;

class Heard extends BrokenSeals {
  readonly rows: string[] = [];
  override found(kind: SealedKind, row: string): void {
    this.rows.push(`${kind}/${row}`);
  }
}
const heard = new Heard();
const seals = new MasterKeySeals(Buffer.alloc(32, 7), heard);
const sealAll = (): Promise<void> => sealExistingRows(pool, new SealedConfigurations(seals), new RandomIds());

async function admin(statement: string): Promise<void> {
  const client = new pg.Client({ connectionString: process.env['WRIT_TEST_SERVER_URL'] });
  await client.connect();
  await client.query(statement).finally(() => client.end());
}

beforeAll(async () => {
  await admin(`create database ${name}`);
  const url = new URL(process.env['WRIT_TEST_SERVER_URL'] ?? '');
  url.pathname = `/${name}`;
  for (const migration of readdirSync(MIGRATIONS).filter((one) => one < ENDS || one.endsWith('.toml')))
    cpSync(join(MIGRATIONS, migration), join(folder, migration), { recursive: true });
  await migrate(url.href, folder, () => undefined);
  pool = new pg.Pool({ connectionString: url.href, max: 3 }) as DatabasePool;
  await pool.query(`
    insert into "agents" ("id", "owner", "suspended", "not_before", "suspend_reason") values
      ('free', 'alice', false, null, null),
      ('back', 'alice', false, clock_timestamp() - interval '1 hour', null),
      ('stopped', 'alice', true, clock_timestamp() - interval '1 minute', 'Hijacked.');
    insert into "agents" ("id", "owner", "suspended", "not_before", "retired_at") values ('gone', 'alice', true, clock_timestamp(), clock_timestamp());
    insert into "kill_switches" ("kind", "subject", "not_before") values ('approver', 'bob', clock_timestamp());
    insert into "restore_epochs" ("declared_at", "declared_by", "cause", "reviewed_at", "reviewed_by", "verdict")
      values (clock_timestamp(), 'person:olga', 'declared', clock_timestamp(), 'person:olga', 'keep');`);
  await migrate(url.href, MIGRATIONS, () => undefined);
  judgeOver(pool, seals);
}, 60_000);
afterAll(async () => {
  await pool.end();
  rmSync(folder, { recursive: true });
  await admin(`drop database if exists ${name} with (force)`);
});

const suspended = async (id: string): Promise<boolean | undefined> =>
  (await new PostgresAgents(pool).living(id))?.suspended;

it('what stood before there were seals is sealed once, and means what it meant', async () => {
  await sealAll();
  for (const kind of RECORD_KINDS) {
    const rows = await sealedPage(pool, kind, '0', 100);
    expect([kind, rows.length]).toEqual([kind, { suspension: 4, kill: 1, review: 1 }[kind]]);
    expect(rows.every((row) => isSound(pool, row))).toBe(true);
  }
  expect([await suspended('free'), await suspended('back'), await suspended('stopped')]).toEqual([false, false, true]);
  expect(await new PostgresAgents(pool).living('gone')).toBeNull();
  expect(heard.rows).toEqual([]);
  const pending = await pool.query(
    `select "kind" from "seals_pending" where "kind" in ('suspension', 'kill', 'review')`,
  );
  expect(pending.rows).toEqual([]);
});

it('what is added later without a seal is never sealed by a start', async () => {
  await pool.query(
    `insert into "agent_suspensions" ("agent_uid", "change", "answers", "at", "actor_kind", "actor_id")
     select "agent_uid", 'resumed', "id", clock_timestamp(), 'person', 'olga' from "agent_suspensions" s
     where "agent_uid" = (select "uid" from "agents" where "id" = 'stopped')`,
  );
  await sealAll();
  const bare = await pool.query(`select 1 from "agent_suspensions" where "mac" is null`);
  expect(bare.rowCount).toBe(1);
  expect(await suspended('stopped')).toBe(true);
  expect(heard.rows).toHaveLength(1);
});

it('whoever resumes an agent answers what stood', async () => {
  const client = await pool.connect();
  const change = { suspended: false, actor: { kind: 'person', id: 'olga' }, reason: null } as const;
  expect(await new PostgresAgents(client).setSuspended('stopped', change)).toMatchObject({ changed: true });
  client.release();
  expect(await suspended('stopped')).toBe(false);
});
