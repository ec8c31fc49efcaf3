import type pg from 'pg';

/** Written before the route is asked, whatever becomes of the request: who proved themselves, and how often they call. */
const WRITTEN_AT_THE_DOOR = ['assertion_uses', 'verified_secrets', 'call_windows'];

/**
 * One text for the content of all tables: any row that is added, removed or merely written again changes it.
 * Meant for a broker without the role `worker`, which writes of its own accord.
 */
export async function fingerprint(pool: pg.Pool): Promise<string> {
  const { rows } = await pool.query<{ name: string; content: string }>({
    name: 'fingerprint',
    text: await query(pool),
  });
  // The parts of a union may be answered in any order.
  return rows
    .map(({ name, content }) => `${name}: ${content}`)
    .sort()
    .join('\n');
}

const queries = new WeakMap<pg.Pool, string>();

async function query(pool: pg.Pool): Promise<string> {
  const known = queries.get(pool);
  if (known !== undefined) return known;
  const { rows } = await pool.query<{ name: string }>(
    `select "tablename" as "name" from "pg_tables" where "schemaname" = 'public' and not ("tablename" = any($1)) order by 1`,
    [WRITTEN_AT_THE_DOOR],
  );
  const made = rows
    .map(
      ({ name }) =>
        `select '${name}' as "name", count(*) || ' ' || coalesce(md5(string_agg(t.xmin::text || t::text, '' order by t.ctid)), '') as "content" from "${name}" t`,
    )
    .join(' union all ');
  queries.set(pool, made);
  return made;
}
