import { Inject, Injectable } from '@nestjs/common';
import type { EventRow } from '#escalations/watch/history.js';
import { Seals, Store } from '#escalations/ports.js';
import { SYSTEM } from '#escalations/rows/history.js';
import {
  COMMAND_ACTOR,
  CommandObserver,
  HistoryComparison,
  NoopCommandObserver,
  type FaultyEvent,
  type HistoryFault,
} from '#escalations/watch/watch-history.js';
import { Journal, type EntryColumns } from '../connection/journal.js';
import { DatabasePool } from '../connection/pool.js';
import type { RunsOnClient } from '../connection/queryable.js';
import { EVENT_COLUMNS, EVENT_FROM } from '../sql/events.js';

/** Rows read at once: their seals are made in some ten milliseconds. */
const CHUNK = 1_000;
/** Chunks of a scan in one run. The one over everything goes slowly: it costs a worker a hundredth of a core. */
const CHUNKS_MAX: Readonly<Record<Exclude<Scan, 'odd'>, number>> = { new: 20, all: 5 };
/** Told of one chunk at once; the rest when it is read again. */
const TOLD_MAX = 200;

/**
 * Rows appended since the run before (`new`), or all rows again from the beginning, a piece a run (`all`). `odd`:
 * rows outside what the sequence has given, which only a stranger's hand puts there.
 */
type Scan = 'new' | 'all' | 'odd';
type StoredEvent = EventRow & EntryColumns;

interface Read {
  readonly faulty: readonly FaultyEvent[];
  readonly last: string | null;
  readonly full: boolean;
  /** Sound events that commands wrote. */
  readonly byCommand: readonly EventRow[];
}

interface Stretch {
  /** Exclusive; `null`: from the beginning. */
  readonly after: string | null;
  /** Inclusive; `null`: to the end. */
  readonly upTo: string | null;
}

/**
 * Reads the events in the order of their sequence. Of the new rows only those that the run before had seen given out: what
 * commits late has a lower number than what is there already. Marks are sealed, so that nobody moves them on past what they
 * have invented; where one is not ours, the scan begins anew.
 */
@Injectable()
export class PostgresHistoryComparison extends HistoryComparison {
  constructor(
    private readonly pool: DatabasePool,
    private readonly journal: Journal,
    private readonly seals: Seals,
    @Inject(Store) private readonly store: RunsOnClient,
    private readonly commands: CommandObserver = new NoopCommandObserver(),
  ) {
    super();
  }

  override async compare(): Promise<readonly FaultyEvent[]> {
    const told: FaultyEvent[] = [];
    for (const scan of ['new', 'all', 'odd'] as const) told.push(...(await this.scan(scan)));
    told.push(...(await this.tell(await this.entriesAlone())));
    return told;
  }

  private async scan(scan: Scan): Promise<FaultyEvent[]> {
    if (scan === 'odd') return this.tell(await this.faultsOfOdd());
    const given = await this.lastGiven();
    const seen = scan === 'new' ? ((await this.mark('events:seen')) ?? '0') : null;
    let after = await this.mark(`events:${scan}`);
    const told: FaultyEvent[] = [];
    for (let chunk = 0; chunk < CHUNKS_MAX[scan]; chunk += 1) {
      const { faulty, last, full, byCommand } = await this.read({ after, upTo: seen });
      told.push(...(await this.tell(faulty)));
      if (scan === 'new' && byCommand.length > 0) this.commands.heard(byCommand);
      after = last ?? after;
      if (!full) {
        // Everything was read: the scan of all begins anew with the next run.
        after = scan === 'all' ? null : seen;
        break;
      }
    }
    await this.setMark(`events:${scan}`, after);
    if (scan === 'new') await this.setMark('events:seen', given);
    return told;
  }

  private async read({ after, upTo }: Stretch): Promise<Read> {
    const { rows } = await this.pool.query<StoredEvent>({
      name: 'compare-events',
      text: `select ${EVENT_COLUMNS} ${EVENT_FROM}
             where ($1::bigint is null or e."seq" > $1::bigint) and ($2::bigint is null or e."seq" <= $2::bigint)
             order by e."seq" limit ${CHUNK}`,
      values: [after, upTo],
    });
    const byCommand = rows.filter((row) => row.actor.id.startsWith(COMMAND_ACTOR) && this.faultOf(row) === null);
    return { faulty: this.faultsOf(rows), last: rows.at(-1)?.seq ?? null, full: rows.length === CHUNK, byCommand };
  }

  /** Entries that no event has. A table of a few rows, if any: whoever writes an event writes its entry with it. */
  private async entriesAlone(): Promise<FaultyEvent[]> {
    const { rows } = await this.pool.query<{ eventId: string }>({
      name: 'compare-entries-alone',
      text: `select "event_id" as "eventId" from "audit_entries_alone" order by "event_id" limit ${10 * CHUNK}`,
    });
    return rows.map(({ eventId }) => ({ eventId: inShort(eventId), fault: 'no_event' }));
  }

  private async faultsOfOdd(): Promise<FaultyEvent[]> {
    const given = await this.lastGiven();
    const before = await this.read({ after: null, upTo: '0' });
    const beyond = await this.read({ after: given, upTo: null });
    return [...before.faulty, ...beyond.faulty];
  }

  private faultsOf(rows: readonly StoredEvent[]): FaultyEvent[] {
    return rows.flatMap((row) => {
      const fault = this.faultOf(row);
      return fault === null ? [] : [{ eventId: inShort(row.id), fault }];
    });
  }

  private faultOf(row: StoredEvent): HistoryFault | null {
    if (row.mac === null) return 'no_entry';
    return this.journal.isFact(row) ? null : 'differs';
  }

  /** Records those that were not told before, each in the history that it is a fault of. */
  private async tell(faulty: readonly FaultyEvent[]): Promise<FaultyEvent[]> {
    if (faulty.length === 0) return [];
    return this.store.runOn(async (tx, client) => {
      const rows = faulty.map((found) => ({ ...found, mac: this.seals.mac('watch', found) }));
      const { rows: fresh } = await client.query<FaultyEvent & { now: number }>({
        name: 'history-faults-tell',
        text: `insert into "history_faults" as h ("event_id", "fault", "mac")
               select r."eventId", r."fault", min(r."mac") from json_to_recordset($1::json) as r("eventId" text, "fault" text, "mac" text)
               where not exists (select 1 from "history_faults" t
                 where t."event_id" = r."eventId" and t."fault" = r."fault" and t."mac" = r."mac")
               group by 1, 2 limit ${TOLD_MAX}
               on conflict ("event_id", "fault") do update set "mac" = excluded."mac" where h."mac" <> excluded."mac"
               returning h."event_id" as "eventId", h."fault", (extract(epoch from clock_timestamp()) * 1000)::float8 as "now"`,
        values: [JSON.stringify(rows)],
      });
      const [first] = fresh;
      if (first === undefined) return [];
      const entries = fresh.map(({ eventId, fault }) => ({
        type: 'seal.broken' as const,
        actor: SYSTEM,
        data: { kind: 'event', id: eventId, fault },
      }));
      await tx.journal.record(entries, first.now);
      return fresh.map(({ eventId, fault }) => ({ eventId, fault }));
    });
  }

  /** The highest number that the sequence of events has given. */
  private async lastGiven(): Promise<string> {
    const { rows } = await this.pool.query<{ seq: string | null }>(
      `select pg_sequence_last_value(pg_get_serial_sequence('"events"', 'seq')::regclass)::text as "seq"`,
    );
    return rows[0]?.seq ?? '0';
  }

  private async mark(scan: string): Promise<string | null> {
    const { rows } = await this.pool.query<{ seq: string; mac: string }>({
      name: 'history-mark',
      text: `select "seq"::text as "seq", "mac" from "history_marks" where "scan" = $1`,
      values: [scan],
    });
    const [kept] = rows;
    return kept !== undefined && this.seals.matches('watch', { scan, seq: kept.seq }, kept.mac) ? kept.seq : null;
  }

  private async setMark(scan: string, seq: string | null): Promise<void> {
    if (seq === null) {
      await this.pool.query({
        name: 'history-unmark',
        text: `delete from "history_marks" where "scan" = $1`,
        values: [scan],
      });
      return;
    }
    await this.pool.query({
      name: 'history-set-mark',
      text: `insert into "history_marks" ("scan", "seq", "mac") values ($1, $2::bigint, $3)
             on conflict ("scan") do update set "seq" = excluded."seq", "mac" = excluded."mac"`,
      values: [scan, seq, this.seals.mac('watch', { scan, seq })],
    });
  }
}

/** Ids of ours are 30 characters; what a stranger wrote there may have any length. */
function inShort(id: string): string {
  return id.length <= 40 ? id : `${id.slice(0, 40)}…`;
}
