import { Injectable } from '@nestjs/common';
import { isRefusal, refuse, type Refusal } from '#domain/refusal.js';
import { lockGrant, refuseOthersGrant } from '../own-grant.js';
import { Store } from '../ports.js';
import { grantState } from '../state-now.js';

/**
 * An agent says that its task goes on. Where the granted actions demand such signs, two that are missed end the grant;
 * elsewhere they are welcome and change nothing. Not a matter of history: only the last one counts.
 */
@Injectable()
export class RecordHeartbeat {
  constructor(private readonly store: Store) {}

  /** @returns `null` when heard; `not_found`, also for another agent's grant, or `already_ended` with how it ended */
  async execute(agentId: string, grantId: string): Promise<Refusal | null> {
    const others = await refuseOthersGrant(this.store.read, agentId, grantId);
    if (others !== null) return others;
    return this.store.run(async (tx) => {
      const locked = await lockGrant(tx, grantId);
      if (isRefusal(locked)) return locked;
      const { grant, now } = locked;
      const { status, endReason } = grantState(grant, now);
      if (status !== 'ready' && status !== 'active') {
        const facts = { status, end_reason: endReason };
        return refuse('already_ended', `This grant has ${status === 'revoked' ? 'been revoked' : 'ended'}.`, { facts });
      }
      if (status === 'active' && grant.heartbeatSeconds !== null) await tx.grants.recordHeartbeat(grantId, now);
      return null;
    });
  }
}
