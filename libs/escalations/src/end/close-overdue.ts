import { Injectable } from '@nestjs/common';
import type { CancelCause } from '#domain/escalation/lifecycle.js';
import { instant } from '#domain/instant.js';
import { about } from '../about.js';
import { endGrants, overdueEnding } from './end-grant.js';
import type { EscalationEnding } from './end-rows.js';
import { Store, type Transaction } from '../ports.js';
import type { EscalationRow } from '../rows/escalation.js';
import type { GrantRow } from '../rows/grant.js';
import { SYSTEM } from '../rows/history.js';
import { ancestorEndedAt, escalationState, grantState } from '../state-now.js';

/** Rows of a pass of the sweeper. Each has ended for whoever reads it, so only the writing waits. */
export const SWEPT_AT_ONCE = 2_000;
/**
 * Rows of one transaction, and transactions at once: while one waits for the database another makes its history. Finding,
 * locking and the commit cost as much for few rows as for many.
 */
const TOGETHER = 1_000;
const HANDS = 2;
const SWEEP_FAILURES_MAX = 10;
/** What was over for so long and nobody wrote it has lost its job, or the sweepers were away. */
const LATE_MS = 60_000;

/** Rows that were ended, and how many of them late. */
interface Swept {
  readonly ended: number;
  readonly late: number;
}

/** Where the sweeper finds rows whose end nobody has written yet. */
export abstract class OverdueSource {
  /** Ids of rows past their deadline, silent, barred by a suspension or signed for by a compromised key, oldest deadline first. */
  abstract overdue(limit: number): Promise<{ escalations: string[]; grants: string[] }>;
  /** Deletes what has outlived its purpose: spent assertions, dispatched outbox rows, old replay keys. */
  abstract forgetSpent(): Promise<void>;
}

/**
 * Writes the ends that the clock or a suspension has already made true. Idempotent: a row that is not overdue, or that
 * somebody else has ended, is left alone. Scheduled jobs call it promptly, a row at a time; the sweeper calls it for
 * certain, many in one transaction. Both write the same.
 */
@Injectable()
export class CloseOverdue {
  constructor(
    private readonly store: Store,
    private readonly source: OverdueSource,
  ) {}

  /** Ends the escalation if it is over; true when this call wrote the end. */
  async escalation(id: string): Promise<boolean> {
    const found = await this.store.read.escalations.byId(id);
    if (found === null || escalationState(found.escalation, found.now).status === found.escalation.status) return false;
    return this.store.run(async (tx) => {
      const locked = await tx.escalations.lock(id);
      return locked !== null && (await closeEscalations(tx, [locked.escalation], locked.now)).ended === 1;
    });
  }

  /** Ends the grant if it is over; true when this call wrote the end. */
  async grant(id: string): Promise<boolean> {
    const found = await this.store.read.grants.byId(id);
    if (found === null || grantState(found.grant, found.now).status === found.grant.status) return false;
    return this.store.run(async (tx) => {
      const locked = await tx.grants.lock(id);
      return locked !== null && (await closeGrants(tx, [locked.grant], locked.now)).ended === 1;
    });
  }

  /**
   * One pass of the sweeper: how many rows it ended (call again while that is not zero), how many of them had been over
   * for a minute, and what went wrong meanwhile.
   * A row that cannot be ended does not hold up the others: its batch is then ended row by row, and after ten such rows
   * the pass gives up.
   */
  async sweep(limit: number): Promise<Swept & { readonly failures: readonly unknown[] }> {
    const { escalations, grants } = await this.source.overdue(limit);
    const failures: unknown[] = [];
    const lapsed = await this.endAll(
      escalations,
      (id) => this.escalation(id),
      async (tx, ids) => {
        const locked = await tx.endings.lockFreeEscalations(ids);
        return closeEscalations(tx, locked.escalations, locked.now);
      },
      failures,
    );
    const expired = await this.endAll(
      grants,
      (id) => this.grant(id),
      async (tx, ids) => {
        const locked = await tx.endings.lockFreeGrants(ids);
        return closeGrants(tx, locked.grants, locked.now);
      },
      failures,
    );
    return { ended: lapsed.ended + expired.ended, late: lapsed.late + expired.late, failures };
  }

  private async endAll(
    ids: readonly string[],
    one: (id: string) => Promise<boolean>,
    together: (tx: Transaction, ids: readonly string[]) => Promise<Swept>,
    failures: unknown[],
  ): Promise<Swept> {
    const hands = Array.from({ length: HANDS }, async (_, hand) => {
      const swept = { ended: 0, late: 0 };
      for (let from = hand * TOGETHER; from < ids.length; from += HANDS * TOGETHER) {
        const { ended, late } = await this.endBatch(ids.slice(from, from + TOGETHER), one, together, failures);
        swept.ended += ended;
        swept.late += late;
      }
      return swept;
    });
    const swept = await Promise.all(hands);
    return { ended: sum(swept.map(({ ended }) => ended)), late: sum(swept.map(({ late }) => late)) };
  }

  private async endBatch(
    ids: readonly string[],
    one: (id: string) => Promise<boolean>,
    together: (tx: Transaction, ids: readonly string[]) => Promise<Swept>,
    failures: unknown[],
  ): Promise<Swept> {
    try {
      return await this.store.run((tx) => together(tx, ids));
    } catch {
      // One row spoils its batch: each row is now ended alone, and the failing one is reported.
    }
    let ended = 0;
    for (const id of ids) {
      if (failures.length >= SWEEP_FAILURES_MAX) break;
      try {
        if (await one(id)) ended += 1;
      } catch (error) {
        failures.push(error);
      }
    }
    return { ended, late: 0 };
  }

  /** Housekeeping; seldom is enough. */
  forgetSpent(): Promise<void> {
    return this.source.forgetSpent();
  }
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((all, number) => all + number, 0);
}

/** Writes the ends of those escalations, held locked, that are over. */
async function closeEscalations(
  tx: Pick<Transaction, 'endings' | 'journal'>,
  rows: readonly EscalationRow[],
  now: number,
): Promise<Swept> {
  const endings = rows.flatMap((escalation): EscalationEnding[] => {
    const { status, decidedAt } = escalationState(escalation, now);
    if (status === escalation.status || (status !== 'lapsed' && status !== 'cancelled')) return [];
    // The end was true, and readers were told its moment, before anybody wrote it.
    return [{ escalation, update: { change: status, now: decidedAt ?? now } }];
  });
  if (endings.length === 0) return { ended: 0, late: 0 };
  await tx.endings.endEscalations(endings);
  await tx.journal.record(
    endings.map(({ escalation, update: { change } }) => {
      const lapsed = { deadline: instant(escalation.deadline) };
      const data = change === 'cancelled' ? { cause: cancelCause(escalation, now) } : lapsed;
      return about(escalation).says(`escalation.${change}`, SYSTEM, data);
    }),
    now,
  );
  return { ended: endings.length, late: endings.filter(({ update }) => now - update.now > LATE_MS).length };
}

/** What cancelled it first. */
function cancelCause(row: EscalationRow, now: number): CancelCause {
  const { barredAt, restoredAt, agentBarred } = row;
  if ((ancestorEndedAt(row, now) ?? Infinity) < Math.min(restoredAt ?? Infinity, barredAt ?? Infinity))
    return 'parent_ended';
  if ((restoredAt ?? Infinity) < (barredAt ?? Infinity)) return 'restored';
  return agentBarred ? 'agent_suspended' : 'task_killed';
}

/** Writes the ends of those grants, held locked, that are over. */
async function closeGrants(
  tx: Pick<Transaction, 'endings' | 'journal'>,
  rows: readonly GrantRow[],
  now: number,
): Promise<Swept> {
  const endings = rows.flatMap((grant) => overdueEnding(grant, now));
  const late = endings.filter(({ ending }) => now - (ending.endedAt ?? now) > LATE_MS).length;
  return { ended: (await endGrants(tx, endings, now)).length, late };
}
