import { Injectable } from '@nestjs/common';
import { whyNotEligible } from '#domain/approval/timetable.js';
import { isRefusal, refuse, type Refusal } from '#domain/refusal.js';
import { denyEscalation } from './deny-escalation.js';
import { Store, RegistrySource } from '../ports.js';
import { RecordDecision } from './record-decision.js';
import type { EscalationRow } from '../rows/escalation.js';
import type { Actor } from '../rows/history.js';
import { escalationState } from '../state-now.js';

/** Somebody's no to everything that an agent asks now. */
export interface MassDenial {
  readonly agentId: string;
  readonly actor: Actor;
  /** Operators deny all; others what they may decide. */
  readonly operator: boolean;
  readonly reason: string;
}

/**
 * One no to a flood: denies what an agent waits for, each request in a transaction of its own. Where the person may
 * decide it is their vote, as if they had denied that request; an operator ends without one the others, and those on
 * which they have a vote already.
 * Refuses `not_found` to operators, for an unknown agent.
 */
@Injectable()
export class DenyPending {
  constructor(
    private readonly registry: RegistrySource,
    private readonly store: Store,
    private readonly decisions: RecordDecision,
  ) {}

  async execute(order: MassDenial): Promise<{ denied: number } | Refusal> {
    const agent = await this.store.read.agents.living(order.agentId);
    if (agent === null) return order.operator ? refuse('not_found', 'There is no such agent.') : { denied: 0 };
    const seen = new Set<string>();
    let denied = 0;
    for (let next = await this.nextOpen(agent.uid, seen); next !== null; next = await this.nextOpen(agent.uid, seen)) {
      seen.add(next);
      denied += await this.deny(order, next);
    }
    return { denied };
  }

  /** Read anew each time: a denial ends the identical ones behind it too. */
  private async nextOpen(agentUid: string, seen: Set<string>): Promise<string | null> {
    const open = await this.store.run((tx) => tx.asks.openOf(agentUid));
    return open.find((id) => !seen.has(id)) ?? null;
  }

  private async deny(order: MassDenial, id: string): Promise<number> {
    const found = await this.store.read.escalations.byId(id);
    if (found === null) return 0;
    const { escalation } = found;
    const { actor, reason } = order;
    if (actor.kind === 'person' && (await this.mayDecide(actor.id, escalation, found.now))) {
      const vote = { verdict: 'deny', digest: escalation.digest, limits: null, via: 'rest' } as const;
      const told = await this.decisions.execute({ escalationId: id, person: actor.id, reason, ...vote });
      if (!isRefusal(told)) return told.denied ?? 0;
      if (told.code !== 'already_voted') return 0;
    }
    return order.operator ? this.end(order, escalation) : 0;
  }

  private async mayDecide(person: string, row: EscalationRow, now: number): Promise<boolean> {
    return whyNotEligible(row, await this.store.read.people.byId(person), now) === null;
  }

  private async end({ actor, reason }: MassDenial, { id, agentUid }: EscalationRow): Promise<number> {
    const { limits } = (await this.registry.current()).catalog;
    return this.store.run(async (tx) => {
      await tx.agents.lockByUid(agentUid);
      const locked = await tx.escalations.lock(id);
      if (locked === null || escalationState(locked.escalation, locked.now).status !== 'pending') return 0;
      const mayDeny = (): Promise<boolean> => Promise.resolve(true);
      const denying = { actor, code: 'denied_by_operator', reason, limits, mayDeny } as const;
      return denyEscalation(tx, locked.escalation, denying, locked.now);
    });
  }
}
