import { Injectable } from '@nestjs/common';
import type { CancelCause } from '#domain/escalation/lifecycle.js';
import { refuse, type Refusal } from '#domain/refusal.js';
import { about } from '../about.js';
import { Store } from '../ports.js';
import { escalationState } from '../state-now.js';

/** The agent withdraws what it asked. Refuses `not_found` for another agent's id and `already_decided` once decided. */
@Injectable()
export class CancelEscalation {
  constructor(private readonly store: Store) {}

  async execute(agentId: string, escalationId: string): Promise<'cancelled' | Refusal> {
    const missing = refuse('not_found', 'There is no such escalation.');
    const found = await this.store.read.escalations.byId(escalationId);
    const living = await this.store.read.agents.living(agentId);
    if (found === null || living === null || found.escalation.agentUid !== living.uid) return missing;
    return this.store.run(async (tx) => {
      const locked = await tx.escalations.lock(escalationId);
      if (locked === null) return missing;
      const { escalation, now } = locked;
      const { status } = escalationState(escalation, now);
      if (status !== 'pending')
        return refuse('already_decided', `This request is already ${status}.`, { facts: { status } });
      await tx.escalations.change(escalationId, escalation.version, { change: 'cancelled', now });
      const actor = { kind: 'agent', id: agentId } as const;
      await tx.journal.record(
        [about(escalation).says('escalation.cancelled', actor, { cause: 'cancelled_by_agent' satisfies CancelCause })],
        now,
      );
      return 'cancelled' as const;
    });
  }
}
