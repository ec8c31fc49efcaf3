import { readFile } from 'node:fs/promises';
import { PrismaPg } from '@prisma/adapter-pg';
import pg from 'pg';
import { migrate } from './migrate.js';
import { withSchemaEngine } from './schema-engine.js';

/** Each row one fact about the public schema: its place, and what is true there. */
const FACTS = `
SELECT format('%s.%s', c.relname, a.attname) AS place,
       concat_ws(' ', format_type(a.atttypid, a.atttypmod),
                 -- Prisma cannot say that a list is not null.
                 CASE WHEN a.attndims > 0 THEN NULL WHEN a.attnotnull THEN 'not null' ELSE 'null' END,
                 CASE WHEN a.atthasdef OR a.attidentity <> '' THEN 'with default' END) AS fact
  FROM pg_attribute a JOIN pg_class c ON c.oid = a.attrelid
 WHERE c.relnamespace = 'public'::regnamespace AND c.relkind IN ('r', 'p') AND NOT c.relispartition AND a.attnum > 0 AND NOT a.attisdropped
UNION ALL
SELECT format('%s (%s)', c.relname, CASE con.contype WHEN 'f' THEN 'foreign key' ELSE 'primary key' END),
       string_agg(pg_get_constraintdef(con.oid), '; ' ORDER BY pg_get_constraintdef(con.oid))
  FROM pg_constraint con JOIN pg_class c ON c.oid = con.conrelid
 WHERE con.connamespace = 'public'::regnamespace AND NOT c.relispartition AND con.contype IN ('p', 'f') GROUP BY c.relname, con.contype
UNION ALL
SELECT format('%s (%s)', c.relname, regexp_replace(pg_get_indexdef(i.indexrelid), '^.* USING ', 'index ')),
       CASE WHEN i.indisunique THEN 'unique' ELSE 'plain' END
  FROM pg_index i JOIN pg_class c ON c.oid = i.indrelid
 WHERE c.relnamespace = 'public'::regnamespace AND NOT c.relispartition AND NOT i.indisprimary
       -- Prisma cannot say partial indexes and indexes over expressions; the migrations alone have them.
       AND i.indpred IS NULL AND i.indexprs IS NULL`;

export interface DriftQuestion {
  /** Superuser's connection string of a server to make and drop two databases on. */
  readonly serverUrl: string;
  readonly migrationsDir: string;
  readonly schemaFile: string;
}

/**
 * Compares the tables that the migrations make with those that `schema.prisma` says: columns with type, nullability and
 * presence of a default, keys, and the indexes that Prisma can say. Returns one line for each difference, none when
 * both agree.
 */
export async function schemaDrift({ serverUrl, migrationsDir, schemaFile }: DriftQuestion): Promise<string[]> {
  const migrated = await inFreshDatabase(serverUrl, 'writ_drift_migrated', async (url) => {
    await migrate(url, migrationsDir, () => undefined);
    return factsOf(url);
  });
  const said = await inFreshDatabase(serverUrl, 'writ_drift_said', async (url) => {
    const script = await scriptOf(schemaFile, url);
    await withClient(url, (client) => client.query(script));
    return factsOf(url);
  });
  const places = [...new Set([...migrated.keys(), ...said.keys()])].sort();
  return places.flatMap((place) => {
    const [made, wanted] = [migrated.get(place) ?? 'absent', said.get(place) ?? 'absent'];
    return made === wanted ? [] : [`${place}: migrations ${made}; schema.prisma ${wanted}`];
  });
}

/** The DDL from nothing to the schema, as Prisma would write a first migration. */
async function scriptOf(schemaFile: string, url: string): Promise<string> {
  const content = await readFile(schemaFile, 'utf8');
  const { stdout } = await withSchemaEngine(new PrismaPg({ connectionString: url }), (engine) =>
    engine.diff({
      from: { tag: 'empty' },
      to: { tag: 'schemaDatamodel', files: [{ path: schemaFile, content }] },
      script: true,
      exitCode: null,
      filters: { externalTables: [], externalEnums: [] },
    }),
  );
  if (stdout === null) throw new Error('The schema engine wrote no script.');
  return stdout;
}

async function factsOf(url: string): Promise<Map<string, string>> {
  const { rows } = await withClient(url, (client) => client.query<{ place: string; fact: string }>(FACTS));
  const own = rows.filter(({ place }) => !place.startsWith('_prisma_migrations'));
  return new Map(own.map(({ place, fact }) => [place, fact]));
}

async function inFreshDatabase<T>(serverUrl: string, name: string, work: (url: string) => Promise<T>): Promise<T> {
  await withClient(serverUrl, (client) => client.query(`CREATE DATABASE ${name}`));
  const url = new URL(serverUrl);
  url.pathname = `/${name}`;
  try {
    return await work(url.href);
  } finally {
    await withClient(serverUrl, (client) => client.query(`DROP DATABASE ${name} WITH (FORCE)`));
  }
}

async function withClient<T>(url: string, work: (client: pg.Client) => Promise<T>): Promise<T> {
  const client = new pg.Client({ connectionString: url, connectionTimeoutMillis: 10_000 });
  await client.connect();
  try {
    return await work(client);
  } finally {
    await client.end();
  }
}
