import { refuse } from '#domain/refusal.js';
import { resourceOf } from '../judge/check-catalog.js';
import { cancelAsRetired } from '../end/retired-asks.js';
import { CONFIG_MOVED, type Deciding, type Held, type Stopped } from './deciding.js';

/**
 * Locks the agent's row FOR SHARE, for an approval its queue, and the request FOR UPDATE; the clock is read after the
 * locks. Stops where the configuration is no longer the one that was read before the transaction.
 */
export async function lockRequest(context: Deciding): Promise<(Deciding & Held) | Stopped> {
  const { tx, asked, decision, registries } = context;
  await tx.agents.lockByUid(asked.agentUid);
  if (decision.verdict === 'approve') await tx.agents.queueBehind(asked.agentUid);
  if ((await tx.configurations.newestSeq()) !== registries.current.seq) return CONFIG_MOVED;
  const locked = await tx.escalations.lock(asked.id);
  if (locked === null) return refuse('not_found', 'There is no such escalation.');
  const { escalation: row, now } = locked;
  const votes = await tx.votes.of(row.id);
  const { resource, request } = row;
  const known = resourceOf(registries.current.catalog, resource, request.authorization_details);
  return { ...context, row, votes, now, resource: known };
}

/** Ends an open request as cancelled when what it asks for has left the configuration; whoever decides is then told so. */
export async function endWhatIsRetired(context: Deciding & Held): Promise<Deciding & Held> {
  const { tx, row, now, resource } = context;
  return resource === null ? { ...context, row: await cancelAsRetired(tx, row, now) } : context;
}
