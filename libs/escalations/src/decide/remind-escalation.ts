import { Injectable } from '@nestjs/common';
import { askedDeputies, timetableOf, type ReminderKind, type TimedRequest } from '#domain/approval/timetable.js';
import { seat } from '#domain/approval/quorum.js';
import { about } from '../about.js';
import { RemindersGiven } from './reminders-given.js';
import { Store, type Transaction } from '../ports.js';
import type { EscalationRow } from '../rows/escalation.js';
import { SYSTEM, type HistoryEntry } from '../rows/history.js';
import { escalationState } from '../state-now.js';
import { countingVotes } from '../counting-votes.js';

const SWEEP_FAILURES_MAX = 10;

/** A reminder that is still to come, and the database clock when that was found out. */
export interface NextReminder {
  readonly at: number;
  readonly now: number;
}

/**
 * Reminds the groups that a pending request still waits for: after half of its window, and late in it together with the
 * groups' deputies; while it stands behind an identical one not before its turn comes. Each reminder is recorded once,
 * whoever calls and how often. Says nothing of who may decide: that is judged by the clock alone.
 */
@Injectable()
export class RemindEscalation {
  constructor(
    private readonly store: Store,
    private readonly given: RemindersGiven,
  ) {}

  /** Gives the reminders that are due; answers the next one, `null` when none will come. */
  async execute(id: string): Promise<NextReminder | null> {
    const found = await this.store.read.escalations.byId(id);
    if (found === null || escalationState(found.escalation, found.now).status !== 'pending') return null;
    if (dueReminders(found.escalation, found.now).length > 0) await this.store.run((tx) => this.remind(tx, id));
    return nextReminder(found.escalation, found.now);
  }

  /** Gives what jobs have lost. Answers what went wrong; after ten failures it gives up until the next pass. */
  async sweep(limit: number): Promise<readonly unknown[]> {
    const failures: unknown[] = [];
    for (const id of await this.given.unreminded(limit)) {
      if (failures.length === SWEEP_FAILURES_MAX) break;
      await this.execute(id).catch((error: unknown) => failures.push(error));
    }
    return failures;
  }

  private async remind(tx: Transaction, id: string): Promise<void> {
    const locked = await tx.escalations.lock(id);
    if (locked === null) return;
    const { escalation, now } = locked;
    if (escalationState(escalation, now).status !== 'pending') return;
    // Nobody has been asked yet; the sweeper comes back when its turn has come.
    if (await tx.asks.isDuplicateOfOpen(id)) return;
    const fresh: ReminderKind[] = [];
    for (const mark of dueReminders(escalation, now)) if (await tx.reminders.give(id, mark, now)) fresh.push(mark);
    // After an outage both may be due: two reminders in one breath would be one too many.
    const mark = fresh.at(-1);
    if (mark === undefined) return;
    const waiting = await waitedFor(tx, escalation, now);
    const told = history(escalation, mark, waiting, now);
    if (told.length > 0) await tx.journal.record(told, now);
    // Nobody is waited for, and nothing is told: a deputy's channel may get a card all the same, by the clock alone.
    else await tx.journal.enqueue([{ topic: 'card.publish', payload: { id } }]);
  }
}

/** The groups whose seats are not all taken by people who may still decide. */
async function waitedFor(
  tx: Pick<Transaction, 'passkeys' | 'people' | 'votes'>,
  row: EscalationRow,
  now: number,
): Promise<string[]> {
  const counting = await countingVotes(tx, row, await tx.votes.of(row.id), now);
  const approvals = counting.filter((vote) => vote.verdict === 'approve').map((vote) => vote.voter);
  const { seated } = seat(row.policy.gates, approvals);
  return row.policy.gates.filter((gate) => (seated[gate.group]?.length ?? 0) < gate.quorum).map((gate) => gate.group);
}

function history(row: EscalationRow, mark: ReminderKind, waiting: readonly string[], now: number): HistoryEntry[] {
  const reminded = waiting.map((group) => about(row).says('escalation.reminded', SYSTEM, { step: mark, group }));
  if (mark !== 'late') return reminded;
  const deputies = askedDeputies(row, now).filter(({ group }) => waiting.includes(group));
  return [...reminded, ...deputies.map((deputy) => about(row).says('escalation.deputy_asked', SYSTEM, { ...deputy }))];
}

function dueReminders(asked: TimedRequest, now: number): ReminderKind[] {
  return timetableOf(asked).flatMap((step) => (step.step === 'reminder' && step.at <= now ? [step.mark] : []));
}

function nextReminder(asked: TimedRequest, now: number): NextReminder | null {
  const next = timetableOf(asked).find((step) => step.step === 'reminder' && step.at > now);
  return next === undefined ? null : { at: next.at, now };
}
