import { instant } from '#domain/instant.js';
import type { AgentAsk, AgentView } from '#escalations/watch/read-agent.js';
import type { LiveFigures, LiveGrant, LivePage, LiveTally } from '#escalations/watch/read-live-grants.js';
import type { Requestable } from '#escalations/ask/evaluate-escalation.js';
import { escalationState, grantState } from '#escalations/state-now.js';
import { presentAgent } from './inbox-presenters.js';

type Wire = Record<string, unknown>;

/** A page of live grants, without its cursor. */
export function presentLivePage({ view, items, names }: LivePage): Wire {
  return { view, items: items.map((item) => presentLiveGrant(item, names)) };
}

function presentLiveGrant({ grant, risk, mayRevoke, now }: LiveGrant, names: LivePage['names']): Wire {
  return {
    id: grant.id,
    escalation: grant.escalationId,
    status: grantState(grant, now).status,
    risk,
    agent: grant.agentId,
    agent_name: names.agent(grant.agentId),
    resource: grant.resource,
    resource_name: names.resource(grant.resource),
    actions: grant.actions,
    authorization_details: grant.granted.authorization_details,
    ends_at: instant(grant.expiresAt ?? grant.readyUntil),
    max_uses: grant.maxUses,
    uses: grant.uses,
    created_at: instant(grant.createdAt),
    may_revoke: mayRevoke,
  };
}

/** How many live grants there are, and of whom. */
export function presentLiveFigures({ view, states, agents, resources, names }: LiveFigures): Wire {
  return {
    view,
    active: presentTally(states.active),
    ready: presentTally(states.ready),
    agents: agents.map(({ id, count }) => ({ id, name: names.agent(id), count })),
    resources: resources.map(({ id, count }) => ({ id, name: names.resource(id), count })),
  };
}

function presentTally({ total, byRisk, more }: LiveTally): Wire {
  return { total, by_risk: byRisk, more };
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
