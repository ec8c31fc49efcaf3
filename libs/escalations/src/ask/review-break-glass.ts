import { Injectable } from '@nestjs/common';
import { agentIn } from '#domain/catalog.js';
import { refuse, type Refusal } from '#domain/refusal.js';
import { about } from '../about.js';
import type { BreakGlassReview, BreakGlassRow } from '../judge/break-glass.js';
import { Store, RegistrySource } from '../ports.js';
import type { Actor } from '../rows/history.js';

/**
 * An operator has looked at a use of break-glass and says what they found; the agent may then use it again. The owner
 * of the agent, and the person on whose behalf it asked, do not judge it. Refuses `not_found`, `forbidden`, `already_decided`.
 */
@Injectable()
export class ReviewBreakGlass {
  constructor(
    private readonly store: Store,
    private readonly registry: RegistrySource,
  ) {}

  async execute(
    escalationId: string,
    actor: Actor,
    note: string,
  ): Promise<{ use: BreakGlassRow; review: BreakGlassReview } | Refusal> {
    const missing = refuse('not_found', 'No break-glass was used for such an escalation.');
    const found = await this.store.read.escalations.byId(escalationId);
    if (found === null) return missing;
    const { agentId, agentUid, request, ancestors } = found.escalation;
    const { catalog } = await this.registry.current();
    const owner = agentIn(catalog, agentId)?.owner ?? found.escalation.ownerId;
    const ancestorOwners = ancestors.map((grant) => grant.ownerId);
    return this.store.run(async (tx) => {
      await tx.agents.lockByUid(agentUid);
      const locked = await tx.breakGlass.lock(escalationId);
      if (locked === null) return missing;
      const { use, now } = locked;
      const behalf = request.chain.some((link) => link.sub === actor.id || link.sub === `user:${actor.id}`);
      if (actor.kind === 'person' && (behalf || [owner, use.ownerId, ...ancestorOwners].includes(actor.id))) {
        return refuse('forbidden', 'The agent asked for you or is yours; another operator must review this.');
      }
      if (use.reviewed !== null) {
        return refuse('already_decided', 'It was reviewed before.', { facts: { status: 'reviewed' } });
      }
      const review: BreakGlassReview = { by: actor.id, at: now, note };
      await tx.breakGlass.review(escalationId, review);
      const subject = { id: escalationId, agentId: use.agentId };
      await tx.journal.record([about(subject).says('break_glass.reviewed', actor, { note })], now);
      return { use, review };
    });
  }
}
