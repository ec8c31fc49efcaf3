import { Injectable } from '@nestjs/common';
import { refuse, type Refusal } from '#domain/refusal.js';
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
    const missing = refuse('not_found', 'There is no such grant.');
    const found = await this.store.read.grants.byId(grantId);
    const living = await this.store.read.agents.living(agentId);
    if (found === null || living === null || found.grant.agentUid !== living.uid) return missing;
    return this.store.run(async (tx) => {
      const locked = await tx.grants.lock(grantId);
      if (locked === null) return missing;
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
