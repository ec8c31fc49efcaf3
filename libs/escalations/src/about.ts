import type { PolicyDecision } from '#domain/policy-decision.js';
import type { EventType } from './rows/event-types.js';
import type { EscalationRow } from './rows/escalation.js';
import type { GrantRow } from './rows/grant.js';
import type { Actor, HistoryEntry } from './rows/history.js';

type Data = NonNullable<HistoryEntry['data']>;
type Subject = Pick<HistoryEntry, 'escalation' | 'grant' | 'agent'>;
type Request = Pick<EscalationRow, 'id' | 'agentId'> & { readonly policy?: Pick<PolicyDecision, 'outcome'> };
type Grant = Pick<GrantRow, 'id' | 'escalationId' | 'agentId'> & Partial<Pick<GrantRow, 'peopleAsked'>>;

/** Says what happened to one thing, as an entry for the history: `about(grant).says('grant.revoked', actor, data)`. */
export interface About {
  says(type: EventType, actor: Actor, data?: Data): HistoryEntry;
}

/**
 * What happened to a request or a grant: the entry names it, its request and its agent, and says where nobody was asked.
 * A row of which that is not known may have been shown to people.
 */
export function about(row: Request | Grant): About {
  const asked = 'escalationId' in row ? row.peopleAsked !== false : asksPeople(row.policy);
  return speaking({ ...subjectOf(row), ...(asked ? {} : { peopleAsked: false }) });
}

/** Whether people were asked for a request that policy decided so; without a decision it is taken that they were. */
export function asksPeople(policy: Pick<PolicyDecision, 'outcome'> | undefined): boolean {
  return policy === undefined || policy.outcome === 'require_approval';
}

/** What happened to an agent itself, by its id. */
export function aboutAgent(agent: string): About {
  return speaking({ agent });
}

/** What of an entry names a request or a grant. */
export function subjectOf(row: Request | Grant): Subject {
  const agent = row.agentId;
  return 'escalationId' in row ? { escalation: row.escalationId, grant: row.id, agent } : { escalation: row.id, agent };
}

function speaking(subject: Subject & Pick<HistoryEntry, 'peopleAsked'>): About {
  return { says: (type, actor, data) => ({ type, actor, ...subject, ...(data === undefined ? {} : { data }) }) };
}
