import type { EscalationRow } from '../../rows/escalation.js';

/** One step on the way from the ask to its end by time. */
export interface ShownStep {
  /** Epoch milliseconds. */
  readonly at: number;
  readonly step: 'reminder' | 'deputy_asked' | 'lapses';
  readonly group?: string;
  readonly done: boolean;
}

/** The steps of a request that people are shown. */
export interface ShownTimetable {
  /** By time; the last one is the lapse. */
  readonly steps: readonly ShownStep[];
}

/** What happens when, while nobody decides. */
export abstract class TimetablePart {
  /** @param now epoch milliseconds */
  abstract of(escalation: EscalationRow, now: number): ShownTimetable;
}
