import type { ReminderKind } from '#domain/approval/timetable.js';

/** What is done to a request once and never again: its two reminders and its owner's nudge. */
export type ReminderGiven = ReminderKind | 'nudge';

/** Reads which of those were done; `Reminders.give` is the only writer. */
export abstract class RemindersGiven {
  /** What was given of each of these escalations; one without any is absent. */
  abstract of(escalationIds: readonly string[]): Promise<ReadonlyMap<string, ReadonlySet<ReminderGiven>>>;
  /**
   * Ids of pending requests whose reminder is due and was never recorded, whatever became of its job; without those
   * that stand behind an identical one.
   */
  abstract unreminded(limit: number): Promise<string[]>;
}

/** The same inside a transaction, which holds the escalation locked. */
export interface Reminders {
  /** Notes that it was done; false, and nothing is written, when it had been done already. */
  give(escalationId: string, mark: ReminderGiven, now: number): Promise<boolean>;
}
