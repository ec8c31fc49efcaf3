import pg from 'pg';
import type { EventRow } from '#escalations/watch/history.js';
import type { Seals } from '#escalations/ports.js';
import { leafOf, type EntryColumns } from '../connection/journal.js';
import { EVENT_COLUMNS, EVENT_FROM } from '../sql/events.js';

const BATCH = 5_000;
/** Says, in `seals_pending`, that events stand from before there were seals. Only the tables' owner can put it there. */
const PENDING = 'event';
/** The seal of an event that no words of ours could tell: no seal of ours. */
const UNTRUE = '';

/**
 * Seals the events that stand from before there were seals, once in the life of a database, by its owner: the migration
 * that made them leaves has named them, and left out those whose audit entry said something else. Does nothing for a role
 * that owns no tables. Answers how many were sealed.
 * @param seals under the master key
 */
export async function sealExistingHistory(ownerUrl: string, seals: Pick<Seals, 'mac'>): Promise<number> {
  const client = new pg.Client({ connectionString: ownerUrl });
  await client.connect();
  try {
    if (!(await isPending(client)) || !(await isOwner(client))) return 0;
    await client.query('begin');
    // Others that start wait here; whoever serves on reads, and writes when this is done.
    await client.query('lock table "seals_pending", "events" in share row exclusive mode');
    const sealed = (await isPending(client)) ? await sealAll(client, seals) : 0;
    await client.query('commit');
    return sealed;
  } finally {
    await client.end();
  }
}

async function sealAll(client: pg.Client, seals: Pick<Seals, 'mac'>): Promise<number> {
  await client.query('alter table only "events" disable trigger "events_append_only"');
  let after = '-9223372036854775808';
  let count = 0;
  for (;;) {
    const { rows } = await client.query<EventRow & EntryColumns>(
      `select ${EVENT_COLUMNS} ${EVENT_FROM} where e."seq" > $1::bigint and e."mac" is null order by e."seq" limit ${BATCH}`,
      [after],
    );
    if (rows.length === 0) break;
    const sealed = rows.map((row) => {
      const leaf = leafOf(row);
      return { seq: row.seq, mac: leaf === null ? UNTRUE : seals.mac('event', leaf) };
    });
    await client.query(
      `update "events" e set "mac" = r."mac" from json_to_recordset($1::json) as r("seq" bigint, "mac" text) where e."seq" = r."seq"`,
      [JSON.stringify(sealed)],
    );
    after = rows.at(-1)?.seq ?? after;
    count += sealed.filter(({ mac }) => mac !== UNTRUE).length;
  }
  await client.query('alter table only "events" enable trigger "events_append_only"');
  await client.query('delete from "seals_pending" where "kind" = $1', [PENDING]);
  return count;
}

async function isPending(client: pg.Client): Promise<boolean> {
  const { rowCount } = await client.query(`select 1 from "seals_pending" where "kind" = $1`, [PENDING]);
  return rowCount !== 0;
}

async function isOwner(client: pg.Client): Promise<boolean> {
  const { rows } = await client.query<{ owner: boolean }>(
    `select pg_has_role(c.relowner, 'USAGE') as "owner" from pg_class c where c.oid = '"events"'::regclass`,
  );
  return rows[0]?.owner === true;
}
