import { refuse, type Refusal } from '#domain/refusal.js';
import type { JudgedAsk } from './judge-request.js';
import { evaluated } from './request-history.js';

/** Refuses what people would decide, where the agent does not come again for it. Nothing is kept but that it was asked. */
export async function refuseWaiting(context: JudgedAsk): Promise<JudgedAsk | Refusal> {
  const { tx, agent, known, request, here, now } = context;
  const { policy, denial, granted } = context.decided;
  if (here === undefined || here.waits || denial !== null || granted !== null) return context;
  const { outcome, determining, version } = policy;
  const { resource } = request;
  await tx.journal.record(
    [evaluated(agent.id, { resource, actions: known.actions, outcome, determining, version })],
    now,
  );
  return refuse('not_requestable', 'People decide about this: ask with completion_mode=deferred, and redeem later.');
}
