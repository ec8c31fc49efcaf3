import type { EventType, GrantRow, VoteRow, TokenRow, EscalationRow } from './rows.js';

/** One line of the history, as stored. */
export interface EventRow {
  readonly seq: string;
  readonly id: string;
  readonly at: number;
  readonly type: EventType;
  readonly actor: { readonly kind: string; readonly id: string };
  readonly escalation: string | null;
  readonly grant: string | null;
  readonly agent: string | null;
  readonly data: Readonly<Record<string, unknown>>;
}

export interface UseRow {
  readonly jti: string;
  readonly verifier: string;
  readonly callId: string;
  readonly action: string;
  readonly identifier: string | null;
  readonly answer: Readonly<Record<string, unknown>>;
  readonly at: number;
}

export interface GrantFilter {
  /** The agent's row: an agent reads its own grants, not those of a retired one that bore its id. */
  readonly agentUid?: string;
  readonly agent?: string;
  readonly resource?: string;
  readonly action?: string;
  readonly status?: string;
  readonly approver?: string;
  /** Epoch milliseconds; `from` inclusive, `to` exclusive, of the grant's creation. */
  readonly from?: number;
  readonly to?: number;
}

/** Where a page begins: after this row, newest first. */
export interface GrantPosition {
  readonly createdAtMicros: string;
  readonly id: string;
}

export interface GrantStory {
  readonly grant: GrantRow;
  readonly escalation: EscalationRow;
  readonly votes: readonly VoteRow[];
  readonly tokens: readonly TokenRow[];
  readonly uses: readonly UseRow[];
  readonly events: readonly EventRow[];
  readonly now: number;
}

export interface EventFilter {
  readonly type?: string;
  readonly agent?: string;
  readonly escalation?: string;
  readonly grant?: string;
  readonly actor?: string;
  readonly from?: number;
  readonly to?: number;
}

/** Queries of auditors: keyset pages, newest first, never an exact count. */
export abstract class History {
  /** At most `limit` grants after `after`; one more row is read to know whether there is another page. */
  abstract grants(
    filter: GrantFilter,
    limit: number,
    after: GrantPosition | null,
  ): Promise<{ rows: GrantRow[]; next: GrantPosition | null; now: number }>;
  abstract grantStory(id: string): Promise<GrantStory | null>;
  abstract events(
    filter: EventFilter,
    limit: number,
    afterSeq: string | null,
  ): Promise<{ rows: EventRow[]; next: string | null }>;
}
