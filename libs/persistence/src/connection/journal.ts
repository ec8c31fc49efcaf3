import { Injectable } from '@nestjs/common';
import { auditLeaf } from '#audit/entry.js';
import type { EventRow } from '#escalations/watch/history.js';
import { Ids, Seals } from '#escalations/ports.js';

/** What makes a stored event an audit entry: our seal over its canonical words, which follow from its columns. */
export interface EntryColumns {
  readonly mac: string | null;
}

/** Gives entries of the history their ids and seals, and tells which stored events are ours. */
@Injectable()
export class Journal {
  constructor(
    private readonly ids: Ids,
    private readonly seals: Seals,
  ) {}

  nextId(): string {
    return this.ids.next('evt');
  }

  /** The seal of an entry: only whoever holds the master key makes one. */
  seal(leaf: string): string {
    return this.seals.mac('event', leaf);
  }

  /** The events among `rows` that say what our seal covers, in their order; nothing else is a fact. */
  facts<R extends EventRow & EntryColumns>(rows: readonly R[]): Omit<R, keyof EntryColumns>[] {
    return rows.filter((row) => this.isFact(row)).map(({ mac: _mac, ...event }) => event);
  }

  isFact(row: Omit<EventRow, 'seq'> & EntryColumns): boolean {
    const said = leafOf(row);
    return said !== null && row.mac !== null && this.seals.matches('event', said, row.mac);
  }
}

/** The leaf of a stored event; `null` for one that no words of ours could tell. */
export function leafOf({ id, at, type, actor, escalation, grant, agent, data }: Omit<EventRow, 'seq'>): string | null {
  try {
    return auditLeaf({ id, at: new Date(Math.floor(at)).toISOString(), type, actor, escalation, grant, agent, data });
  } catch {
    // Numbers past a double, a time without end, nesting without end: PostgreSQL keeps them, JSON of ours does not.
    return null;
  }
}
