import { backOffSeconds, denialsMet, type Denials } from '#domain/authority/ask.js';
import type { EscalationRequest } from '#domain/authority/authorization-details.js';
import type { CatalogLimits } from '#domain/catalog.js';
import { LIMITS } from '#domain/limits.js';
import { refuse, type Refusal } from '#domain/refusal.js';
import type { Transaction } from '../ports.js';

/** When a place is likely to be free again. */
const PENDING_RETRY_SECONDS = 30;

/**
 * Whether one more request of this agent may wait for people: room for the agent and for all agents of its owner, and no
 * back-off after denials of what it asks for. To be asked under the agent's queue, which this extends to its owner's.
 * Refuses `too_many_pending`, `rate_limited`.
 */
export async function crowding(
  tx: Pick<Transaction, 'asks'>,
  limits: CatalogLimits,
  agent: { readonly uid: string; readonly owner: string },
  request: EscalationRequest,
  now: number,
): Promise<Refusal | null> {
  const most = limits.pendingPerAgent;
  if ((await tx.asks.pendingOf(agent.uid)) >= most) {
    return refuse('too_many_pending', `At most ${most} requests of one agent may wait for people.`, {
      retryAfterSeconds: PENDING_RETRY_SECONDS,
    });
  }
  const wait = await backOffLeft(tx, limits, agent.uid, request, now);
  if (wait > 0) {
    return refuse('rate_limited', 'People have denied this, or a part of it, again and again.', {
      retryAfterSeconds: wait,
    });
  }
  await tx.asks.queueBehindOwner(agent.owner);
  const mostOfOwner = limits.pendingPerOwner ?? Math.max(LIMITS.pendingPerOwnerDefault, most);
  if ((await tx.asks.pendingOfOwner(agent.owner)) < mostOfOwner) return null;
  return refuse('too_many_pending', `At most ${mostOfOwner} requests of all agents of one owner may wait for people.`, {
    retryAfterSeconds: PENDING_RETRY_SECONDS,
  });
}

/** Whole seconds that are left of the back-off, 0 when none is. */
async function backOffLeft(
  tx: Pick<Transaction, 'asks'>,
  limits: CatalogLimits,
  agentUid: string,
  request: EscalationRequest,
  now: number,
): Promise<number> {
  const denials = await denialsOf(tx, agentUid, request);
  const waits = denials.map(({ count, lastAt }) => Math.ceil((lastAt - now) / 1_000 + waitAfter(count, limits)));
  return Math.max(0, ...waits);
}

/** How often people denied each part of a request lately. */
export async function denialsOf(
  tx: Pick<Transaction, 'asks'>,
  agentUid: string,
  request: EscalationRequest,
): Promise<Denials[]> {
  return denialsMet(request, await tx.asks.denied(agentUid, request.resource, LIMITS.denialMemorySeconds));
}

/** Seconds to wait after this many denials of one ask. */
export function waitAfter(denials: number, limits: CatalogLimits): number {
  return backOffSeconds(denials, limits.denialBackOffSeconds ?? LIMITS.denialBackOffSecondsDefault);
}
