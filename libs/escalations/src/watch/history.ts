import type { EventType } from '../rows/event-types.js';
import type { EscalationRow } from '../rows/escalation.js';
import type { GrantRow } from '../rows/grant.js';
import type { TokenRow } from '../rows/token.js';
import type { VoteRow } from '../rows/vote.js';

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

/**
 * The uses that the events of the grant tell too, each once: whoever wrote one by himself wrote no event with it.
 * Which events are to be believed is another question.
 */
export function usesOf({ uses, events, grant }: Pick<GrantStory, 'uses' | 'events' | 'grant'>): UseRow[] {
  const told = new Set(events.filter((event) => event.grant === grant.id).flatMap(useTold));
  // Deleted where it is found: a second row like it is a copy.
  return uses.filter(({ verifier, jti, callId: call_id, action, identifier, answer }) =>
    told.delete(textOf({ verifier, jti, call_id, action, identifier, ...answer })),
  );
}

function useTold({ type, actor, data }: EventRow): string[] {
  if (type !== 'token.used' && type !== 'token.use_refused') return [];
  const { arguments_digest: _digest, ...use } = data;
  return [textOf({ verifier: actor.id, ...use })];
}

/** Another spelling of the same JSON is the same text; what is no JSON is the text of nothing. */
function textOf(value: Readonly<Record<string, unknown>>): string {
  return JSON.stringify(Object.entries(value).sort(([one], [other]) => (one < other ? -1 : 1)));
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
