import { Injectable } from '@nestjs/common';

/** How an event and its audit entry part. */
export const HISTORY_FAULTS = ['no_entry', 'no_event', 'differs', 'unsealed'] as const;

export type HistoryFault = (typeof HISTORY_FAULTS)[number];

export interface FaultyEvent {
  readonly eventId: string;
  readonly fault: HistoryFault;
}

/** Compares the events with the audit log, a part of both at a time. */
export abstract class HistoryComparison {
  /**
   * Goes on where it stopped: over what is new, and over everything again. Records each fault that was not told before as
   * `seal.broken` and answers those.
   */
  abstract compare(): Promise<readonly FaultyEvent[]>;
}

/** Where a fault of the history is told besides the history itself. */
export abstract class HistoryAlarm {
  abstract raise(faulty: readonly FaultyEvent[]): void;
}

/** The watch over the history: what is written twice is to say the same twice. */
@Injectable()
export class WatchHistory {
  constructor(
    private readonly comparison: HistoryComparison,
    private readonly alarm: HistoryAlarm,
  ) {}

  async execute(): Promise<void> {
    const faulty = await this.comparison.compare();
    if (faulty.length > 0) this.alarm.raise(faulty);
  }
}
