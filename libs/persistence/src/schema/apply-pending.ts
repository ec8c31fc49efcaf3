import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { PrismaPg } from '@prisma/adapter-pg';
import type { MigrationDirectory, SchemaEngine } from '@prisma/schema-engine-wasm';
import pg from 'pg';
import { MigrationFailed } from './migration-failed.js';
import { migrationNames } from './migration-names.js';
import { withSchemaEngine } from './schema-engine.js';

/** The key under which Prisma's own engines take turns, so that `prisma migrate deploy` elsewhere waits too. */
const PRISMA_MIGRATION_LOCK = 72_707_369;
const LOCK_POLL_MS = 100;

/**
 * Applies the pending migrations of a folder by Prisma's schema engine, in order. Takes the connection string of the
 * tables' owner and the absolute folder; returns the names applied. Processes that start together take turns. Refuses
 * with `MigrationFailed`. The engine is 80 MiB that this process keeps: `migrate` has a thread do it that ends.
 */
export async function applyPending(
  databaseUrl: string,
  migrationsDir: string,
  log: (line: string) => void,
): Promise<string[]> {
  // One connection, never closed for idleness: the advisory lock belongs to it.
  const pool = new pg.Pool({
    connectionString: databaseUrl,
    max: 1,
    idleTimeoutMillis: 0,
    connectionTimeoutMillis: 10_000,
  });
  pool.on('error', () => undefined);
  try {
    await takeTurn(pool, log);
    const directories = await readMigrations(migrationsDir);
    const applied = await applyAll(pool, migrationsDir, directories);
    for (const name of applied) log(`Applied migration ${name}`);
    return applied;
  } finally {
    await pool.end();
  }
}

/** Asks again and again instead of waiting inside the server, where an index built concurrently would wait for us. */
async function takeTurn(pool: pg.Pool, log: (line: string) => void): Promise<void> {
  for (let attempt = 0; ; attempt += 1) {
    const { rows } = await pool.query<{ mine: boolean }>('SELECT pg_try_advisory_lock($1) AS mine', [
      PRISMA_MIGRATION_LOCK,
    ]);
    if (rows[0]?.mine) return;
    if (attempt === 0) log('Waiting for another process that is migrating this database');
    await pause(LOCK_POLL_MS);
  }
}

async function readMigrations(migrationsDir: string): Promise<MigrationDirectory[]> {
  const names = await migrationNames(migrationsDir);
  return Promise.all(
    names.map(async (name) => ({
      path: name,
      migrationFile: {
        path: 'migration.sql',
        content: { tag: 'ok' as const, value: await readFile(join(migrationsDir, name, 'migration.sql'), 'utf8') },
      },
    })),
  );
}

async function applyAll(pool: pg.Pool, baseDir: string, directories: MigrationDirectory[]): Promise<string[]> {
  const adapter = new WholeFilePg(pool);
  const lockfile = await readFile(join(baseDir, 'migration_lock.toml'), 'utf8');
  return withSchemaEngine(adapter, async (engine) => {
    try {
      const { appliedMigrationNames } = await engine.applyMigrations({
        migrationsList: {
          baseDir,
          lockfile: { path: 'migration_lock.toml', content: lockfile },
          shadowDbInitScript: '',
          migrationDirectories: directories,
        },
        filters: { externalTables: [], externalEnums: [] },
      });
      return appliedMigrationNames;
    } catch (error) {
      throw adapter.refusedScript === null ? plain(error) : await rollBackRecord(engine, pool, adapter.refusedScript);
    }
  });
}

/** The database undid the file as a whole, so the record says so too, and the next start tries it again. */
async function rollBackRecord(engine: SchemaEngine, pool: pg.Pool, cause: unknown): Promise<MigrationFailed> {
  const { rows } = await pool.query<{ name: string }>(
    `SELECT migration_name AS name FROM _prisma_migrations
      WHERE finished_at IS NULL AND rolled_back_at IS NULL ORDER BY started_at DESC LIMIT 1`,
  );
  const name = rows[0]?.name ?? 'unknown';
  await engine.markMigrationRolledBack({ migrationName: name });
  return new MigrationFailed(`Migration ${name} was refused and undone: ${words(cause)}`, { cause });
}

function plain(error: unknown): MigrationFailed {
  // The engine appends its own call stack to the message.
  const [message] = words(error).split(/\n\s+0: /);
  return new MigrationFailed(`The database cannot be migrated: ${message}`, { cause: error });
}

function words(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

/** Prisma's adapter cuts a script at every semicolon, which breaks function bodies; this one sends it whole. */
class WholeFilePg extends PrismaPg {
  /** What the server said about the script it refused. */
  refusedScript: unknown = null;

  constructor(private readonly pool: pg.Pool) {
    super(pool);
  }

  override async connect(): ReturnType<PrismaPg['connect']> {
    const adapter = await super.connect();
    adapter.executeScript = async (script: string): Promise<void> => {
      try {
        await this.pool.query(script);
      } catch (error) {
        this.refusedScript = error;
        throw error;
      }
    };
    return adapter;
  }
}
