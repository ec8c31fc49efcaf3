import { rightsWanted } from './data-rights.js';
import type { DatabasePool } from '../connection/pool.js';
import { migrationNames } from './migration-names.js';

/** What the serving role is and has, and how far its tables are. */
export interface RoleCheckup {
  readonly role: string;
  readonly superuser: boolean;
  /** How many tables of ours it owns. */
  readonly owned: number;
  /** The rights that the role needs and lacks, as `select on "votes"`. */
  readonly missing: readonly string[];
  /** Migrations of this version that the database has not seen. */
  readonly pending: readonly string[];
  /** How far the database's clock is ahead of this process's, in milliseconds; the way there and back halved. */
  readonly aheadMs: number;
}

interface TableRow {
  readonly table: string;
  readonly owned: boolean;
  readonly rights: readonly string[];
}

/** The same connection string for whoever only looks: every statement that would write is refused by the server. */
export function forLooking(connectionString: string): string {
  const url = new URL(connectionString);
  const given = url.searchParams.get('options');
  const option = '-c default_transaction_read_only=on';
  url.searchParams.set('options', given === null ? option : `${given} ${option}`);
  return url.href;
}

/** Looks at the role of `pool` and at its tables. Changes nothing. @param migrationsDir folder of the migrations */
export async function roleCheckup(pool: DatabasePool, migrationsDir: string): Promise<RoleCheckup> {
  const before = Date.now();
  const clock = await pool.query<{ now: number }>(
    `select (extract(epoch from clock_timestamp()) * 1000)::float8 as "now"`,
  );
  const aheadMs = (clock.rows[0]?.now ?? before) - (before + Date.now()) / 2;
  const { rows: roles } = await pool.query<{ role: string; superuser: boolean }>(
    `select rolname::text as "role", rolsuper as "superuser" from pg_roles where rolname = current_user`,
  );
  const { rows: tables } = await pool.query<TableRow>(
    `select c.relname::text as "table", pg_has_role(c.relowner, 'MEMBER') and c.relowner = r.oid as "owned",
       array(select p from unnest(array['select', 'insert', 'update', 'delete']) p
             where has_table_privilege(c.oid, p) or (p = 'update' and has_any_column_privilege(c.oid, p))) as "rights"
     from pg_class c join pg_namespace n on n.oid = c.relnamespace join pg_roles r on r.rolname = current_user
     where n.nspname = 'public' and c.relkind in ('r', 'p') and not c.relispartition`,
  );
  const has = new Map(tables.map(({ table, rights }) => [table, new Set(rights)]));
  const wanted = Object.entries(rightsWanted()).filter(([table]) => has.has(table));
  return {
    role: roles[0]?.role ?? '',
    superuser: roles[0]?.superuser ?? false,
    owned: tables.filter(({ owned }) => owned).length,
    missing: wanted.flatMap(([table, rights]) =>
      rights.filter((right) => has.get(table)?.has(right) !== true).map((right) => `${right} on "${table}"`),
    ),
    pending: await pendingAmong(pool, migrationsDir, has.get('_prisma_migrations')),
    aheadMs,
  };
}

async function pendingAmong(
  pool: DatabasePool,
  migrationsDir: string,
  rights: ReadonlySet<string> | undefined,
): Promise<string[]> {
  const names = await migrationNames(migrationsDir);
  if (rights === undefined) return names;
  // Without the right to read the record nobody can say which migrations are missing; the right itself is then reported.
  if (!rights.has('select')) return [];
  const { rows } = await pool.query<{ name: string }>(
    `select migration_name as "name" from _prisma_migrations where finished_at is not null and rolled_back_at is null`,
  );
  const applied = new Set(rows.map(({ name }) => name));
  return names.filter((name) => !applied.has(name));
}
