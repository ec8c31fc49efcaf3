import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import pg from 'pg';
import { startEmbeddedPostgres, type EmbeddedPostgres } from '../embedded/embedded-postgres.js';
import { migrate } from './migrate.js';
import { MigrationFailed } from './migration-failed.js';

const TABLE_WITH_TRIGGER = `
CREATE TABLE thing (id text PRIMARY KEY);
CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  RAISE EXCEPTION 'things stay; always';
END $$;
CREATE TRIGGER stays BEFORE DELETE ON thing FOR EACH ROW EXECUTE FUNCTION refuse();
`;

describe('migrate', () => {
  let server: EmbeddedPostgres;
  let folder: string;
  let database: pg.Client;
  let url: string;
  let count = 0;

  beforeAll(async () => {
    server = await startEmbeddedPostgres({ ephemeral: true, log: () => undefined });
  });
  afterAll(() => server.stop());

  beforeEach(async () => {
    const name = `migrate_${(count += 1)}`;
    const admin = new pg.Client({ connectionString: server.url });
    await admin.connect();
    await admin.query(`CREATE DATABASE ${name}`);
    await admin.end();
    url = server.url.replace(/\/writ$/, `/${name}`);
    folder = mkdtempSync(join(tmpdir(), 'writ-migrations-'));
    writeFileSync(join(folder, 'migration_lock.toml'), 'provider = "postgresql"\n');
    database = new pg.Client({ connectionString: url });
    await database.connect();
  });

  afterEach(async () => {
    await database.end();
    rmSync(folder, { recursive: true });
  });

  function addMigration(name: string, sql: string): void {
    mkdirSync(join(folder, name), { recursive: true });
    writeFileSync(join(folder, name, 'migration.sql'), sql);
  }
  const run = (): Promise<{ applied: string[] }> => migrate(url, folder, () => undefined);

  it('applies what is pending in order, function bodies included, and nothing on a second run', async () => {
    addMigration('20250102000000_second', 'ALTER TABLE thing ADD COLUMN name text');
    addMigration('20250101000000_first', TABLE_WITH_TRIGGER);
    expect(await run()).toEqual({ applied: ['20250101000000_first', '20250102000000_second'] });
    expect(await run()).toEqual({ applied: [] });
    await database.query(`INSERT INTO thing VALUES ('a', 'b')`);
    await expect(database.query('DELETE FROM thing')).rejects.toThrow('things stay; always');
  });

  it('lets two processes that start together migrate once', async () => {
    addMigration('20250101000000_first', TABLE_WITH_TRIGGER);
    const results = await Promise.all([run(), run(), run()]);
    expect(results.flatMap((result) => result.applied)).toEqual(['20250101000000_first']);
  });

  it('undoes a refused migration as a whole, says why, and tries it again once it is mended', async () => {
    addMigration('20250101000000_first', 'CREATE TABLE half (id int);\nSELECT 1 / 0;');
    const refusal = await run().catch((error: unknown) => error);
    expect(refusal).toBeInstanceOf(MigrationFailed);
    expect(String(refusal)).toContain('Migration 20250101000000_first was refused and undone: division by zero');
    const { rows } = await database.query(`SELECT to_regclass('half') AS half`);
    expect(rows).toEqual([{ half: null }]);
    addMigration('20250101000000_first', 'CREATE TABLE half (id int);');
    expect(await run()).toEqual({ applied: ['20250101000000_first'] });
  });

  it('records each migration as Prisma does: the SHA-256 of its file, and when it finished', async () => {
    addMigration('20250101000000_first', 'SELECT 1;');
    await run();
    const { rows } = await database.query('SELECT checksum, finished_at, rolled_back_at FROM _prisma_migrations');
    expect(rows).toEqual([
      {
        checksum: '17db4fd369edb9244b9f91d9aeed145c3d04ad8ba6e95d06247f07a63527d11a',
        finished_at: expect.any(Date),
        rolled_back_at: null,
      },
    ]);
  });
});
