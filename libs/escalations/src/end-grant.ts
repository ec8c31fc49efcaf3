import { nextGrantStatus } from '#domain/grant/lifecycle.js';
import type { EndReason } from '#domain/grant/lifecycle.js';
import type { Transaction } from './ports.js';
import type { Actor, GrantRow } from './rows.js';

export interface Ending {
  readonly change: 'completed' | 'revoked' | 'expired';
  readonly reason: EndReason;
  readonly actor: Actor;
  readonly now: number;
  readonly endedAt?: number;
  readonly outcome?: string;
  readonly data?: Readonly<Record<string, unknown>>;
}

/** Ends a grant that the transaction holds locked: row, tokens, history and card, whatever ends it. */
export async function endGrant(tx: Transaction, grant: GrantRow, ending: Ending): Promise<GrantRow> {
  if (nextGrantStatus(grant.status, ending.change) === null) return grant;
  const ended = await tx.changeGrant(grant.id, grant.version, {
    change: ending.change,
    now: ending.now,
    endReason: ending.reason,
    ...(ending.endedAt === undefined ? {} : { endedAt: ending.endedAt }),
    ...(ending.outcome === undefined ? {} : { outcome: ending.outcome }),
  });
  await tx.endTokens(grant.id, ending.now);
  await tx.record(
    [
      {
        type: `grant.${ending.change}`,
        actor: ending.actor,
        escalation: grant.escalationId,
        grant: grant.id,
        agent: grant.agentId,
        data: { end_reason: ending.reason, ...ending.data },
      },
    ],
    ending.now,
  );
  await tx.enqueue([{ topic: 'card.publish', payload: { id: grant.escalationId } }]);
  return ended;
}
