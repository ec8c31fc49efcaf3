import { Injectable } from '@nestjs/common';
import { refuse, type Refusal } from '#domain/refusal.js';
import { aboutAgent } from '../about.js';
import { Store } from '../ports.js';
import type { Actor } from '../rows/history.js';

/**
 * One row, sealed and never changed, ends everything an agent holds and asks: the transactions that create, settle and
 * mint hold the agent's row FOR SHARE, this one takes it FOR UPDATE. Resuming is another, which lets the agent ask again
 * and revives nothing.
 */
@Injectable()
export class SuspendAgent {
  constructor(private readonly store: Store) {}

  async suspend(agentId: string, actor: Actor, reason: string | null): Promise<{ suspended: boolean } | Refusal> {
    return this.set(agentId, true, actor, reason);
  }

  async resume(agentId: string, actor: Actor, reason: string | null): Promise<{ suspended: boolean } | Refusal> {
    return this.set(agentId, false, actor, reason);
  }

  private async set(
    agentId: string,
    suspended: boolean,
    actor: Actor,
    reason: string | null,
  ): Promise<{ suspended: boolean } | Refusal> {
    return this.store.run(async (tx) => {
      const done = await tx.agents.setSuspended(agentId, { suspended, actor, reason });
      if (done === null) return refuse('not_found', 'There is no such agent.');
      if (done.changed) {
        const type = suspended ? 'agent.suspended' : 'agent.resumed';
        await tx.journal.record([aboutAgent(agentId).says(type, actor, reason === null ? {} : { reason })], done.now);
      }
      return { suspended };
    });
  }
}
