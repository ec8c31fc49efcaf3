import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { randomBytes } from 'node:crypto';
import { cloneDatabase, type Database } from '../harness/world/database.js';
import { grantDataRights, TABLES } from '#persistence/schema/data-rights.js';

let database: Database;
const role = `writ_rights_${randomBytes(6).toString('hex')}`;

beforeAll(async () => {
  database = await cloneDatabase(process.env['WRIT_TEST_SERVER_URL'] ?? '');
  await database.pool.query(`create role ${role} login password 'app'`);
  const url = new URL(database.url);
  [url.username, url.password] = [role, 'app'];
  await database.pool.query(`grant all on all tables in schema public to ${role}`);
  await grantDataRights(database.url, url.href);
});
afterAll(async () => {
  await database.pool.query(`drop owned by ${role}`);
  await database.pool.query(`drop role ${role}`);
  await database.drop();
});

const list = async (query: string, values: unknown[] = []): Promise<string[]> =>
  (await database.pool.query<{ name: string }>(query, values)).rows.map(({ name }) => name);
const mayNot = (right: string): Promise<string[]> =>
  list(
    `select c."relname"::text as "name" from pg_class c where c."relkind" in ('r', 'p') and not c."relispartition"
       and c."relnamespace" = 'public'::regnamespace and not has_table_privilege($1, c."oid", $2) order by 1`,
    [role, right],
  );
const inClass = (...classes: string[]): string[] =>
  Object.keys(TABLES)
    .filter((table) => classes.includes(TABLES[table] ?? ''))
    .sort();
const sorted = async (names: Promise<string[]>): Promise<string[]> => (await names).sort();

describe('the rights of the serving role', () => {
  it('are decided for every table that there is', async () => {
    const there = `select c."relname"::text as "name" from pg_class c where c."relkind" in ('r', 'p') and not c."relispartition"
      and c."relnamespace" = 'public'::regnamespace`;
    expect(await sorted(list(there))).toEqual(Object.keys(TABLES).sort());
  });

  it('are those of each class, also where an earlier version gave more', async () => {
    expect(await sorted(mayNot('select'))).toEqual([]);
    expect(await sorted(mayNot('insert'))).toEqual(inClass('owners', 'counted', 'pending'));
    expect(await sorted(mayNot('update'))).toEqual(
      inClass('added', 'sealed', 'remembered', 'pending', 'owners', 'counted'),
    );
    expect(await sorted(mayNot('delete'))).toEqual(inClass('added', 'sealed', 'kept', 'owners', 'counted'));
    expect(await sorted(mayNot('truncate'))).toEqual(Object.keys(TABLES).sort());
  });

  it('reach no part of a table round the table', async () => {
    const reached = `select c."relname"::text as "name" from pg_class c where c."relispartition" and c."relkind" = 'r'
      and has_any_column_privilege($1, c."oid", 'select, insert, update')`;
    expect(await list(reached, [role])).toEqual([]);
  });

  it('let a seal be added to what is sealed, and nothing else be changed of it', async () => {
    const columns = `select a."attname"::text as "name" from pg_attribute a where a."attrelid" = $2::regclass and a."attnum" > 0
      and has_column_privilege($1, a."attrelid", a."attnum", 'update')`;
    for (const table of inClass('sealed')) expect(await list(columns, [role, table])).toEqual(['mac']);
  });
});

describe('a table', () => {
  // A role that owns the tables has every right: there triggers alone stand between it and what was.
  it.each(
    inClass('added', 'sealed', 'kept', 'counted').filter(
      (table) => !['people', 'slack_cards', 'dead_letters'].includes(table),
    ),
  )('whose rows never go refuses that to its owner too: %s', async (table) => {
    await expect(database.pool.query(`delete from "${table}"`)).rejects.toMatchObject({ code: '23514' });
    await expect(database.pool.query(`truncate "${table}" cascade`)).rejects.toMatchObject({ code: '23514' });
  });
  it.each(inClass('remembered'))('that remembers refuses to be emptied at once: %s', async (table) => {
    await expect(database.pool.query(`truncate "${table}" cascade`)).rejects.toMatchObject({ code: '23514' });
  });
});
