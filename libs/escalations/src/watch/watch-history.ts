import { Injectable } from '@nestjs/common';
import type { EventRow } from './history.js';

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

/** Hears of new events that commands wrote, each at least once: their processes have no log of their own. */
export abstract class CommandObserver {
  abstract heard(events: readonly EventRow[]): void;
}

/** Where nobody is told of commands. */
export class NoopCommandObserver extends CommandObserver {
  override heard(): void {}
}

/** What commands put before the name of who works them. */
export const COMMAND_ACTOR = 'cli:';

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
