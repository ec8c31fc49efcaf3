import { Injectable } from '@nestjs/common';
import type { EventRow } from './history.js';

/**
 * What is wrong with an event: nobody sealed it (`no_entry`), or it does not say what its seal covers (`differs`); with an
 * entry of the version before: no event came with it (`no_event`).
 */
export const HISTORY_FAULTS = ['no_entry', 'no_event', 'differs'] as const;

export type HistoryFault = (typeof HISTORY_FAULTS)[number];

export interface FaultyEvent {
  readonly eventId: string;
  readonly fault: HistoryFault;
}

/** Judges the seals of the events, a part at a time. */
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

/** The watch over the history: what stands there is to be what was sealed. */
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
