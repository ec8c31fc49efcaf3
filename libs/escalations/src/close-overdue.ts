import { Injectable } from '@nestjs/common';
import { instant } from '#domain/instant.js';
import { endGrant } from './end-grant.js';
import { Reader, UnitOfWork, type Transaction } from './ports.js';
import { SYSTEM } from './rows.js';
import { escalationStanding, grantStanding } from './standing.js';

const SWEEP_FAILURES_MAX = 10;

/** Where the sweeper finds rows whose end nobody has written yet. */
export abstract class OverdueSource {
  /** Ids of rows past their deadline, barred by a suspension or signed for by a compromised key, oldest deadline first. */
  abstract overdue(limit: number): Promise<{ escalations: string[]; grants: string[] }>;
  /** Deletes what has outlived its purpose: spent assertions, dispatched outbox rows, old replay keys. */
  abstract forgetSpent(): Promise<void>;
}

/**
 * Writes the ends that the clock or a suspension has already made true. Idempotent: a row that is not overdue, or that
 * somebody else has ended, is left alone. Scheduled jobs call it promptly; the sweeper calls it for certain.
 */
@Injectable()
export class CloseOverdue {
  constructor(
    private readonly unitOfWork: UnitOfWork,
    private readonly reader: Reader,
    private readonly source: OverdueSource,
  ) {}

  /** Ends the escalation if it is over; true when this call wrote the end. */
  async escalation(id: string): Promise<boolean> {
    const found = await this.reader.escalation(id);
    if (found === null || escalationStanding(found.escalation, found.now).status === found.escalation.status)
      return false;
    return this.unitOfWork.run(async (tx) => {
      const locked = await tx.lockEscalation(id);
      if (locked === null) return false;
      const { escalation, now } = locked;
      const { status, decidedAt } = escalationStanding(escalation, now);
      if (status === escalation.status || (status !== 'lapsed' && status !== 'cancelled')) return false;
      // The end was true, and readers were told its moment, before anybody wrote it.
      await tx.changeEscalation(id, escalation.version, { change: status, now: decidedAt ?? now });
      await tx.record(
        [
          {
            type: `escalation.${status}`,
            actor: SYSTEM,
            escalation: id,
            agent: escalation.agentId,
            data: status === 'cancelled' ? { cause: 'agent_suspended' } : { deadline: instant(escalation.deadline) },
          },
        ],
        now,
      );
      await tx.enqueue([{ topic: 'card.publish', payload: { id } }]);
      return true;
    });
  }

  /** Ends the grant if it is over; true when this call wrote the end. */
  async grant(id: string): Promise<boolean> {
    const found = await this.reader.grant(id);
    if (found === null || grantStanding(found.grant, found.now).status === found.grant.status) return false;
    return this.unitOfWork.run((tx) => this.closeGrant(tx, id));
  }

  private async closeGrant(tx: Transaction, id: string): Promise<boolean> {
    const locked = await tx.lockGrant(id);
    if (locked === null) return false;
    const standing = grantStanding(locked.grant, locked.now);
    if (standing.status === locked.grant.status || (standing.status !== 'expired' && standing.status !== 'revoked'))
      return false;
    await endGrant(tx, locked.grant, {
      change: standing.status,
      reason: standing.endReason ?? 'ttl',
      actor: SYSTEM,
      now: locked.now,
      ...(standing.endedAt === null ? {} : { endedAt: standing.endedAt }),
    });
    return true;
  }

  /**
   * One pass of the sweeper: how many rows it ended (call again while that is not zero) and what went wrong meanwhile.
   * A row that cannot be ended does not hold up those behind it; after ten such rows the pass gives up.
   */
  async sweep(limit: number): Promise<{ ended: number; failures: readonly unknown[] }> {
    const { escalations, grants } = await this.source.overdue(limit);
    const ends = [...escalations.map((id) => () => this.escalation(id)), ...grants.map((id) => () => this.grant(id))];
    const failures: unknown[] = [];
    let ended = 0;
    for (const end of ends) {
      if (failures.length === SWEEP_FAILURES_MAX) break;
      try {
        if (await end()) ended += 1;
      } catch (error) {
        failures.push(error);
      }
    }
    return { ended, failures };
  }

  /** Housekeeping; seldom is enough. */
  forgetSpent(): Promise<void> {
    return this.source.forgetSpent();
  }
}
