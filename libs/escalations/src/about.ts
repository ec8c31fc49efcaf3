import type { EventType } from './rows/event-types.js';
import type { EscalationRow } from './rows/escalation.js';
import type { GrantRow } from './rows/grant.js';
import type { Actor, HistoryEntry } from './rows/history.js';

type Data = NonNullable<HistoryEntry['data']>;
type Subject = Pick<HistoryEntry, 'escalation' | 'grant' | 'agent'>;

/** Says what happened to one thing, as an entry for the history: `about(grant).says('grant.revoked', actor, data)`. */
export interface About {
  says(type: EventType, actor: Actor, data?: Data): HistoryEntry;
}

/** What happened to a request or a grant: the entry names it, its request and its agent. */
export function about(
  row: Pick<EscalationRow, 'id' | 'agentId'> | Pick<GrantRow, 'id' | 'escalationId' | 'agentId'>,
): About {
  return speaking(subjectOf(row));
}

/** What happened to an agent itself, by its id. */
export function aboutAgent(agent: string): About {
  return speaking({ agent });
}

/** What of an entry names a request or a grant. */
export function subjectOf(row: Parameters<typeof about>[0]): Subject {
  const agent = row.agentId;
  return 'escalationId' in row ? { escalation: row.escalationId, grant: row.id, agent } : { escalation: row.id, agent };
}

function speaking(subject: Subject): About {
  return { says: (type, actor, data) => ({ type, actor, ...subject, ...(data === undefined ? {} : { data }) }) };
}
