import type pg from 'pg';
import {
  killContent,
  reviewContent,
  suspensionContent,
  type StopOrder,
  type ReviewRecord,
  type SuspensionRecord,
} from '#escalations/sealed-content.js';
import type { Queryable } from '../connection/queryable.js';
import { judgeOf } from '../connection/judging-connections.js';

interface Records {
  readonly suspension: SuspensionRecord;
  readonly kill: StopOrder;
  readonly review: ReviewRecord;
}
export type RecordKind = keyof Records;
/** A row as read: what it says, its seal, and what else its reader wants of it. */
export interface Sealed<K extends RecordKind> {
  readonly kind: K;
  readonly record: Records[K];
  readonly mac: string | null;
}

const micros = (column: string): string => `(extract(epoch from ${column}) * 1000000)::bigint::text`;

/** The table of each kind, and SQL of what a row `x` of it says. */
const RECORDS: { readonly [K in RecordKind]: { readonly table: string; readonly says: string } } = {
  suspension: {
    table: 'agent_suspensions',
    says: `json_build_object('id', x."id"::text, 'agentUid', x."agent_uid"::text, 'change', x."change", 'answers', x."answers"::text,
      'at', ${micros('x."at"')}, 'actor', json_build_object('kind', x."actor_kind", 'id', x."actor_id"), 'reason', x."reason")`,
  },
  kill: {
    table: 'kill_switches',
    says: `json_build_object('id', x."id"::text, 'kind', x."kind", 'subject', x."subject", 'notBefore', ${micros('x."not_before"')})`,
  },
  review: {
    table: 'reviews',
    says: `json_build_object('id', x."id"::text, 'kind', x."kind", 'subject', x."subject", 'at', ${micros('x."at"')}, 'by', x."by",
      'verdict', x."verdict", 'note', x."note")`,
  },
};

const CONTENT: { readonly [K in RecordKind]: (record: Records[K]) => unknown } = {
  suspension: suspensionContent,
  kill: killContent,
  review: reviewContent,
};

export const RECORD_KINDS = Object.keys(RECORDS) as readonly RecordKind[];

/** SQL of a row of this kind as `Sealed`. @param x alias of the row */
export function sealedRow(kind: RecordKind, x: string): string {
  return `json_build_object('kind', '${kind}', 'record', ${RECORDS[kind].says.replaceAll('x."', `${x}."`)}, 'mac', ${x}."mac")`;
}

/**
 * SQL that holds unless a row is known to be unsound: for lists and for finding what to look at, never where it decides.
 * @param x alias of the row
 */
export function notBroken(kind: RecordKind, x: string): string {
  return `(${x}."mac" is not null and not exists (select 1 from "broken_seals" b where b."kind" = '${kind}' and b."row" = ${x}."id"::text))`;
}

/** True when the row is the one that was sealed. Without a judge: an end is believed, what gives back is not. */
export function isSound<K extends RecordKind>(db: Queryable, { kind, record, mac }: Sealed<K>): boolean {
  const judge = judgeOf(db);
  if (judge === null) return kind !== 'review' && (record as Partial<SuspensionRecord>).change !== 'resumed';
  return judge.sound(kind, record.id, CONTENT[kind](record), mac);
}

/**
 * Adds a row of this kind: its number and its instant are the database's, its seal covers both.
 * @param says makes the record of what the database gave
 */
export async function addSealed<K extends RecordKind>(
  db: Queryable,
  kind: K,
  says: (given: { readonly id: string; readonly at: string }) => Records[K],
): Promise<{ readonly id: string; readonly at: number }> {
  const judge = judgeOf(db);
  if (judge === null) throw new Error(`a ${kind} is written by a process that has the master key`);
  const { table } = RECORDS[kind];
  const { rows } = await db.query<{ id: string; at: string }>({
    name: `sealed-next-${kind}`,
    text: `select nextval(pg_get_serial_sequence('"${table}"', 'id'))::text as "id", ${micros('clock_timestamp()')} as "at"`,
  });
  const [given] = rows;
  if (given === undefined) throw new Error('the database has a clock');
  const record = says(given);
  await db.query({
    name: `sealed-add-${kind}`,
    text: INSERTS[kind],
    values: [JSON.stringify(record), judge.mac(kind, CONTENT[kind](record))],
  });
  return { id: given.id, at: Number(given.at) / 1_000 };
}

const instant = (member: string): string =>
  `timestamptz 'epoch' + (r."record" ->> '${member}')::bigint * interval '1 microsecond'`;
const given = (table: string, columns: string, values: string): string =>
  `insert into "${table}" (${columns}, "mac") select ${values}, $2 from (select $1::jsonb as "record") r`;
const text = (...members: string[]): string => members.map((member) => `r."record" ->> '${member}'`).join(', ');

const INSERTS: { readonly [K in RecordKind]: string } = {
  suspension: given(
    'agent_suspensions',
    `"id", "agent_uid", "change", "answers", "at", "actor_kind", "actor_id", "reason"`,
    `(r."record" ->> 'id')::bigint, (r."record" ->> 'agentUid')::bigint, r."record" ->> 'change', (r."record" ->> 'answers')::bigint,
     ${instant('at')}, r."record" #>> '{actor,kind}', r."record" #>> '{actor,id}', r."record" ->> 'reason'`,
  ),
  kill: given(
    'kill_switches',
    `"id", "kind", "subject", "not_before"`,
    `(r."record" ->> 'id')::bigint, ${text('kind', 'subject')}, ${instant('notBefore')}`,
  ),
  review: given(
    'reviews',
    `"id", "kind", "subject", "at", "by", "verdict", "note"`,
    `(r."record" ->> 'id')::bigint, ${text('kind', 'subject')}, ${instant('at')}, ${text('by', 'verdict', 'note')}`,
  ),
};

/** Rows of this kind, a page at a time in the order of their numbers. */
export async function sealedPage<K extends RecordKind>(
  db: Queryable,
  kind: K,
  after: string,
  limit: number,
): Promise<Sealed<K>[]> {
  const { rows } = await db.query<{ row: Sealed<K> }>({
    name: `sealed-page-${kind}`,
    text: `select ${sealedRow(kind, 'x')} as "row" from "${RECORDS[kind].table}" x where x."id" > $1::bigint order by x."id" limit $2`,
    values: [after, limit],
  });
  return rows.map(({ row }) => row);
}

/** Seals the rows of this kind that stand without. @returns how many */
export async function sealBare(
  client: pg.PoolClient,
  kind: RecordKind,
  mac: (content: unknown) => string,
): Promise<number> {
  const { table } = RECORDS[kind];
  const { rows } = await client.query<{ row: Sealed<RecordKind> }>(
    `select ${sealedRow(kind, 'x')} as "row" from "${table}" x where x."mac" is null order by x."id" for update`,
  );
  const content = CONTENT[kind] as (record: unknown) => unknown;
  await client.query(
    `update "${table}" x set "mac" = r."mac" from json_to_recordset($1::json) as r("id" bigint, "mac" text) where x."id" = r."id"`,
    [JSON.stringify(rows.map(({ row }) => ({ id: row.record.id, mac: mac(content(row.record)) })))],
  );
  return rows.length;
}
