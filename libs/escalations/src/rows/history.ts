import type { EventType } from './event-types.js';

/** Who did something. `system` is the broker itself: the clock, the sweeper, the set-up. */
export interface Actor {
  readonly kind: 'agent' | 'person' | 'client' | 'policy' | 'system';
  readonly id: string;
}

export const SYSTEM: Actor = { kind: 'system', id: 'writ' };

/** One thing that happened; becomes an event row and an audit entry in the same transaction. */
export interface HistoryEntry {
  /** An `evt_` id that a row elsewhere bears too; absent: a new one. */
  readonly id?: string;
  readonly type: EventType;
  readonly actor: Actor;
  readonly escalation?: string;
  readonly grant?: string;
  readonly agent?: string;
  readonly data?: Readonly<Record<string, unknown>>;
  /** `false`: policy decided the request by itself, so that it has no card and no thread. For what follows and for observers of the commit, and not kept. */
  readonly peopleAsked?: boolean;
  /** When the clock has to look at what it is of: for the jobs that follow, and not kept. */
  readonly due?: Due;
}

/** Instants at which a request is to be reminded of, and at which it or a grant is over. Epoch milliseconds. */
export interface Due {
  readonly reminders?: readonly number[];
  readonly end: number;
}
