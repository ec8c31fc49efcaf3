import { nextGrantStatus } from '#domain/grant/lifecycle.js';
import { invariant } from '#domain/refusal.js';
import type { Ending, GrantEnding } from './end-rows.js';
import type { Transaction } from './ports.js';
import type { GrantRow, HistoryEntry } from './rows.js';

/** Ends a grant that the transaction holds locked: row, tokens, history and card, whatever ends it. */
export async function endGrant(tx: Transaction, grant: GrantRow, ending: Ending): Promise<GrantRow> {
  if (nextGrantStatus(grant.status, ending.change) === null) return grant;
  const [ended] = await endGrants(tx, [{ grant, ending }], ending.now);
  invariant(ended !== undefined, 'an ended grant is there');
  return ended;
}

/**
 * Ends grants that the transaction holds locked, in as many statements for a thousand as for one. Whoever ends one ends
 * it here, so nothing can be told of a batch that is not told of a single end. Skips those that have ended.
 */
export async function endGrants(tx: Transaction, all: readonly GrantEnding[], now: number): Promise<GrantRow[]> {
  const endings = all.filter(({ grant, ending }) => nextGrantStatus(grant.status, ending.change) !== null);
  if (endings.length === 0) return [];
  const ended = await tx.ends.endGrants(endings);
  await tx.record(endings.map(historyOf), now);
  await tx.enqueue(endings.map(({ grant }) => ({ topic: 'card.publish', payload: { id: grant.escalationId } })));
  return ended;
}

function historyOf({ grant, ending }: GrantEnding): HistoryEntry {
  return {
    type: `grant.${ending.change}`,
    actor: ending.actor,
    escalation: grant.escalationId,
    grant: grant.id,
    agent: grant.agentId,
    data: { end_reason: ending.reason, ...ending.data },
  };
}
