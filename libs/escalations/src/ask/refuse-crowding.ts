import type { Refusal } from '#domain/refusal.js';
import { crowding } from './asking-limits.js';
import { breakGlassRefusal } from '../judge/break-glass.js';
import type { JudgedAsk } from './judge-request.js';

/**
 * Refuses what is not to be written at all: a break-glass that owes a reason or a review, and one more request before
 * people who are asked too much already, or have denied this again and again.
 */
export async function refuseCrowding(context: JudgedAsk): Promise<JudgedAsk | Refusal> {
  const { tx, agent, registry, known, request, decided, now } = context;
  const owing = decided.breakGlass === null ? null : breakGlassRefusal(request, await tx.breakGlass.owed(agent.uid));
  if (owing !== null) return owing;
  if (decided.denial !== null || decided.granted !== null) return context;
  const asker = { uid: agent.uid, owner: known.agent.owner };
  return (await crowding(tx, registry.catalog.limits, asker, request, now)) ?? context;
}
