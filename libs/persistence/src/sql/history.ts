import { auditLeaf } from '#audit/entry.js';
import type { TraceContext } from '#escalations/watch/observation.js';
import type { EventRow } from '#escalations/watch/history.js';
import type { HistoryEntry } from '#escalations/rows/history.js';
import type { OutboxEntry } from '#escalations/rows/outbox.js';
import { isThreadLine, REFUSED_USES_LISTED } from '#escalations/tell/what-follows.js';
import type { EntryColumns, Journal } from '../connection/journal.js';
import type { Queryable } from '../connection/queryable.js';
import { at } from './columns.js';
import { EVENT_COLUMNS, EVENT_FROM, nothingBefore } from './events.js';

/**
 * Appends events, each sealed, in one statement and in the transaction of the change.
 * @param journal gives each entry its id and its seal
 * @param now epoch milliseconds of the database clock
 */
export async function appendHistory(
  db: Queryable,
  entries: readonly HistoryEntry[],
  now: number,
  journal: Journal,
): Promise<void> {
  if (entries.length === 0) return;
  await db.query({
    name: 'history-append',
    text: 'select append_events($1::json)',
    values: [JSON.stringify(eventRows(entries, now, journal))],
  });
}

/** These entries as rows of events, each with its id and seal. @param now epoch milliseconds of the database clock */
export function eventRows(entries: readonly HistoryEntry[], now: number, journal: Journal): AppendedEvent[] {
  const instant = new Date(Math.floor(now)).toISOString();
  return entries.map((entry) => sealedEvent(entry, instant, journal));
}

/** What `append_events` takes of one event; its members are told above the function in the migration. */
export interface AppendedEvent {
  readonly id: string;
  readonly at: string;
  readonly type: string;
  readonly actor_kind: string;
  readonly actor_id: string;
  readonly escalation: string | null;
  readonly grant: string | null;
  readonly agent: string | null;
  readonly data: unknown;
  readonly mac: string;
}

/** An event as it is stored, with its id and seal. @param instant RFC 3339 UTC with milliseconds, of the database clock */
export function sealedEvent(entry: HistoryEntry, instant: string, journal: Journal): AppendedEvent {
  const said = {
    id: entry.id ?? journal.nextId(),
    at: instant,
    type: entry.type,
    escalation: entry.escalation ?? null,
    grant: entry.grant ?? null,
    agent: entry.agent ?? null,
    data: entry.data ?? {},
  };
  const mac = journal.seal(auditLeaf({ ...said, actor: entry.actor }));
  return { ...said, actor_kind: entry.actor.kind, actor_id: entry.actor.id, mac };
}

/** @param trace where the work that enqueues stands; it goes with the rows, so that what follows is told there too */
export async function enqueue(
  db: Queryable,
  entries: readonly OutboxEntry[],
  trace: TraceContext | null = null,
): Promise<void> {
  if (entries.length === 0) return;
  await db.query({
    name: 'outbox-enqueue',
    text: `insert into "outbox" ("topic", "payload", "not_before")
           select r."topic", r."payload", to_timestamp(r."after" / 1000)
           from json_to_recordset($1::json) as r("topic" text, "payload" jsonb, "after" float8)`,
    values: [JSON.stringify(outboxRows(entries, trace))],
  });
}

/** These entries as rows of the outbox. */
export function outboxRows(
  entries: readonly OutboxEntry[],
  trace: TraceContext | null,
): Readonly<Record<string, unknown>>[] {
  return entries.map(({ topic, payload, afterMs }) => ({
    topic,
    payload: { ...payload, ...tracePart(trace) },
    after: afterMs ?? null,
  }));
}

/** Requests whose threads have something new to tell, where they have cards; `refusals`: how many refused uses are told; `since`: epoch milliseconds before which there was none. */
export function threadRows(
  entries: readonly HistoryEntry[],
  trace: TraceContext | null,
): { readonly id: string; readonly payload: object; readonly refusals: number | null; readonly since: number }[] {
  const news = entries.filter(isThreadLine);
  const ids = [...new Set(news.map((entry) => entry.escalation).filter((id) => id !== undefined))];
  const onlyRefusals = news.every((entry) => entry.type === 'token.use_refused');
  return ids.map((id) => ({
    id,
    payload: { id, ...tracePart(trace) },
    refusals: onlyRefusals ? REFUSED_USES_LISTED : null,
    since: nothingBefore(id),
  }));
}

/**
 * Has the threads of these escalations told, where they have cards and something new for people to read: not the second
 * use of a token, nor a refused use past those that are told. Returns the ids of the escalations that had such news.
 */
export async function enqueueThreads(
  db: Queryable,
  entries: readonly HistoryEntry[],
  trace: TraceContext | null = null,
): Promise<string[]> {
  const lines = threadRows(entries, trace);
  if (lines.length === 0) return [];
  const { rows } = await db.query<{ id: string }>({
    name: 'outbox-threads',
    text: `insert into "outbox" ("topic", "payload")
           select 'card.thread', r."payload" from json_to_recordset($1::json) as r("id" text, "payload" jsonb, "refusals" int)
           where exists (select 1 from "slack_cards" c where c."escalation_id" = r."id")
             and (r."refusals" is null or (select count(*) from (select 1 ${EVENT_FROM} where e."escalation_id" = r."id"
                   and e."at" >= ${at(2)} and e."type" = 'token.use_refused' limit r."refusals" + 2) as refused) <= r."refusals" + 1)
           returning "payload" ->> 'id' as "id"`,
    values: [JSON.stringify(lines), Math.min(...lines.map(({ since }) => since))],
  });
  return rows.map((row) => row.id);
}

/** What was said of a grant's outcome from its end on; `late`: after it. Of what others wrote into the tables, nothing. */
export async function outcomesOf(
  db: Queryable,
  grantId: string,
  journal: Journal,
): Promise<{ late: boolean; data: Record<string, unknown> }[]> {
  const { rows } = await db.query<EventRow & EntryColumns>({
    name: 'grant-outcomes',
    text: `select ${EVENT_COLUMNS} ${EVENT_FROM}
           where e."grant_id" = $1 and e."at" >= ${at(2)} and e."type" in ('grant.completed', 'grant.expired', 'grant.revoked', 'grant.outcome_reported')
           order by e."seq"`,
    values: [grantId, nothingBefore(grantId)],
  });
  const told = journal.facts(rows);
  const end = told.findLastIndex(({ type }) => type !== 'grant.outcome_reported');
  return told
    .slice(Math.max(end, 0))
    .filter(({ type }) => type === 'grant.completed' || type === 'grant.outcome_reported')
    .map(({ type, data }) => ({ late: type === 'grant.outcome_reported', data }));
}

function tracePart(trace: TraceContext | null): { trace?: string } {
  return trace === null ? {} : { trace: `${trace.traceId}-${trace.spanId}` };
}
