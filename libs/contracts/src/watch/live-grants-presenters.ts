import { instant } from '#domain/instant.js';
import { grantState } from '#escalations/state-now.js';
import type { LiveFigures, LiveGrant, LivePage, LiveTally } from '#escalations/watch/read-live-grants.js';

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
