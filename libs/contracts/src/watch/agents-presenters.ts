import type { CatalogAgent } from '#domain/catalog.js';
import { instant } from '#domain/instant.js';
import type { PersonName } from '#domain/person-name.js';
import type { Requestable } from '#escalations/ask/evaluate-escalation.js';
import { escalationState, grantState } from '#escalations/state-now.js';
import type { AgentCounts } from '#escalations/watch/inbox.js';
import type { AgentAsk, AgentView } from '#escalations/watch/read-agent.js';

type Wire = Record<string, unknown>;

/** An agent as its owner and operators see it. */
export function presentAgent(agent: CatalogAgent, counts: AgentCounts, nameOf: PersonName, operates: boolean): Wire {
  return {
    id: agent.id,
    name: agent.name,
    owner: agent.owner,
    owner_name: nameOf(agent.owner),
    groups: agent.groups,
    status: counts.suspended ? 'suspended' : 'active',
    counts: {
      pending: counts.pending,
      live_grants: counts.liveGrants,
      granted_last_day: counts.grantedLastDay,
      denied_last_day: counts.deniedLastDay,
    },
    highest_risk: counts.highestRisk,
    may: { suspend: operates && !counts.suspended, resume: operates && counts.suspended },
  };
}

/** One agent. @param mayAsk what it may ask for */
export function presentAgentView(view: AgentView, mayAsk: readonly Requestable[]): Wire {
  const { agent, counts, suspension, nameOf } = view;
  const asks = (list: readonly AgentAsk[]): Wire[] => list.map((ask) => presentAgentAsk(ask, view.names));
  return {
    ...presentAgent(agent, counts, nameOf, view.operates),
    authenticates_by: agent.auth.kind,
    suspension:
      suspension === null
        ? null
        : {
            at: instant(suspension.at),
            by: suspension.by.id,
            by_name: suspension.by.kind === 'person' ? nameOf(suspension.by.id) : suspension.by.id,
            reason: suspension.reason,
          },
    suspending_ends: { live_grants: counts.liveGrants, pending: counts.pending, handed_on: view.handedOn },
    may_ask: mayAsk,
    holds: asks(view.holds),
    asks: asks(view.asks),
    lately: asks(view.lately),
  };
}

function presentAgentAsk({ story, risk, mayRead }: AgentAsk, names: AgentView['names']): Wire {
  const { escalation, grant, now } = story;
  const asked = escalationState(escalation, now);
  const held = grant === null ? null : grantState(grant, now);
  const end = grant === null ? escalation.deadline : (grant.expiresAt ?? grant.readyUntil);
  const open = held === null ? asked.status === 'pending' : held.endedAt === null;
  const details = grant?.granted.authorization_details ?? escalation.request.authorization_details;
  return {
    escalation: escalation.id,
    grant: grant?.id ?? null,
    status: held?.status ?? asked.status,
    risk,
    resource: escalation.resource,
    resource_name: names.resource(escalation.resource),
    actions: [...new Set(details.flatMap((element) => element.actions))],
    created_at: instant(escalation.createdAt),
    ends_at: open ? instant(end) : null,
    uses: grant?.uses ?? 0,
    max_uses: grant === null ? escalation.request.max_uses : grant.maxUses,
    outcome: grant?.outcome ?? null,
    may_read: mayRead,
  };
}
