import pg from 'pg';
import { leafHash } from '#audit/entry.js';
import type { EventRow } from '#escalations/watch/history.js';
import type { Seals } from '#escalations/ports.js';
import { leafOf, type EntryColumns } from '../connection/journal.js';
import { EVENT_COLUMNS, EVENT_FROM } from '../sql/events.js';

const BATCH = 5_000;
/** Its presence says that the entries from before were sealed. Only the tables' owner can make or take it. */
const GUARD = 'audit_entries_sealed';
/** The seal of an entry that did not say what its event says when it was to be sealed: no seal of ours. */
const UNTRUE = '';

/**
 * Seals the audit entries that stand from before there were seals: once in the life of a database, by its owner. From
 * then on the table takes none without, so that no later start seals what somebody added meanwhile. Does nothing for a
 * role that owns no tables. Answers how many were sealed.
 * @param seals under the master key
 */
export async function sealExistingHistory(ownerUrl: string, seals: Pick<Seals, 'mac'>): Promise<number> {
  const client = new pg.Client({ connectionString: ownerUrl });
  await client.connect();
  try {
    if ((await isSealed(client)) || !(await isOwner(client))) return 0;
    await client.query('begin');
    // Others that start wait here; whoever serves on reads, and writes when this is done.
    await client.query('lock table "audit_entries" in share row exclusive mode');
    const sealed = (await isSealed(client)) ? 0 : await sealAll(client, seals);
    await client.query('commit');
    return sealed;
  } finally {
    await client.end();
  }
}

async function sealAll(client: pg.Client, seals: Pick<Seals, 'mac'>): Promise<number> {
  await client.query('alter table "audit_entries" disable trigger "audit_entries_append_only"');
  let after = '-9223372036854775808';
  let count = 0;
  for (;;) {
    const { rows } = await client.query<EventRow & EntryColumns & { place: string; hash: Buffer }>(
      `select ${EVENT_COLUMNS}, a."seq"::text as "place", a."leaf_hash" as "hash" ${EVENT_FROM}
       where a."seq" > $1::bigint and a."mac" is null order by a."seq" limit ${BATCH}`,
      [after],
    );
    if (rows.length === 0) break;
    const sealed = rows.map((row) => ({ place: row.place, mac: isTrue(row) ? seals.mac('event', row.leaf) : UNTRUE }));
    await client.query(
      `update "audit_entries" a set "mac" = r."mac" from json_to_recordset($1::json) as r("place" bigint, "mac" text)
       where a."seq" = r."place"`,
      [JSON.stringify(sealed)],
    );
    after = rows.at(-1)?.place ?? after;
    count += sealed.filter(({ mac }) => mac !== UNTRUE).length;
  }
  await client.query(`update "audit_entries" set "mac" = '${UNTRUE}' where "mac" is null`);
  await client.query('alter table "audit_entries" enable trigger "audit_entries_append_only"');
  await client.query(`alter table "audit_entries" add constraint "${GUARD}" check ("mac" is not null)`);
  return count;
}

function isTrue(row: EventRow & EntryColumns & { hash: Buffer }): boolean {
  return row.leaf !== null && row.leaf === leafOf(row) && leafHash(row.leaf).equals(row.hash);
}

async function isSealed(client: pg.Client): Promise<boolean> {
  const { rowCount } = await client.query(
    `select 1 from pg_constraint where conname = $1 and conrelid = '"audit_entries"'::regclass`,
    [GUARD],
  );
  return rowCount !== 0;
}

async function isOwner(client: pg.Client): Promise<boolean> {
  const { rows } = await client.query<{ owner: boolean }>(
    `select pg_has_role(c.relowner, 'USAGE') as "owner" from pg_class c where c.oid = '"audit_entries"'::regclass`,
  );
  return rows[0]?.owner === true;
}
