import { refuse, type Refusal } from '#domain/refusal.js';
import type { Reads, Transaction } from './ports.js';
import type { GrantRow } from './rows/grant.js';

/** Said of a grant that is not there, and of another agent's. */
const NO_SUCH_GRANT = refuse('not_found', 'There is no such grant.');

/**
 * Refuses `not_found` for a grant that is not this agent's, as it does for one that is not there; `null` when it is.
 * Asked outside the transaction: a grant never changes hands.
 */
export async function refuseOthersGrant(
  read: Pick<Reads, 'grants' | 'agents'>,
  agentId: string,
  grantId: string,
): Promise<Refusal | null> {
  const found = await read.grants.byId(grantId);
  const living = await read.agents.living(agentId);
  return found === null || living === null || found.grant.agentUid !== living.uid ? NO_SUCH_GRANT : null;
}

/** Locks a grant FOR UPDATE and reads the clock after the lock. Refuses `not_found`. */
export async function lockGrant(
  tx: Pick<Transaction, 'grants'>,
  grantId: string,
): Promise<{ grant: GrantRow; now: number } | Refusal> {
  return (await tx.grants.lock(grantId)) ?? NO_SUCH_GRANT;
}
