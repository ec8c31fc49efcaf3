import { Injectable } from '@nestjs/common';
import type { CancelCause } from '#domain/escalation/lifecycle.js';
import { refuse, type Refusal } from '#domain/refusal.js';
import { about } from '../about.js';
import { Reader, UnitOfWork } from '../ports.js';
import { escalationStanding } from '../standing.js';

/** The agent withdraws what it asked. Refuses `not_found` for another agent's id and `already_decided` once decided. */
@Injectable()
export class CancelEscalation {
  constructor(
    private readonly unitOfWork: UnitOfWork,
    private readonly reader: Reader,
  ) {}

  async execute(agentId: string, escalationId: string): Promise<'cancelled' | Refusal> {
    const missing = refuse('not_found', 'There is no such escalation.');
    const found = await this.reader.escalation(escalationId);
    const living = await this.reader.livingAgent(agentId);
    if (found === null || living === null || found.escalation.agentUid !== living.uid) return missing;
    return this.unitOfWork.run(async (tx) => {
      const locked = await tx.lockEscalation(escalationId);
      if (locked === null) return missing;
      const { escalation, now } = locked;
      const { status } = escalationStanding(escalation, now);
      if (status !== 'pending')
        return refuse('already_decided', `This request is already ${status}.`, { facts: { status } });
      await tx.changeEscalation(escalationId, escalation.version, { change: 'cancelled', now });
      const actor = { kind: 'agent', id: agentId } as const;
      await tx.record([about(escalation).says('escalation.cancelled', actor, { cause: 'cancelled_by_agent' satisfies CancelCause })], now);
      return 'cancelled' as const;
    });
  }
}
