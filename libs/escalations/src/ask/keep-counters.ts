import { Injectable } from '@nestjs/common';

/** What the counters of one agent said that its rows did not, and say no more. */
export interface MendedCounters {
  readonly agentUid: string;
  /** Open grants that were counted and are not there; below 0: that were there and not counted. */
  readonly open: number;
  /** Instants at which another number of grants or denials was counted than there was. */
  readonly instants: number;
}

/** The counters that policy's facts are read from. Triggers keep them; this looks after the triggers. */
export abstract class CounterUpkeep {
  /** Compares the counters of some more agents with their rows, and mends what differs. Returns what it mended. */
  abstract compareSome(): Promise<readonly MendedCounters[]>;
  /** Forgets what no fact reads any more, and the stops whose ends are all written. */
  abstract forget(): Promise<void>;
}

/** Where somebody hears of counters that were wrong. */
export abstract class CounterAlarm {
  abstract raise(mended: readonly MendedCounters[]): void;
}

/** Keeps the counters small and true. Bears being run twice and late: what a fact says never waits for it. */
@Injectable()
export class KeepCounters {
  constructor(
    private readonly counters: CounterUpkeep,
    private readonly alarm: CounterAlarm,
  ) {}

  async execute(): Promise<void> {
    await this.counters.forget();
    const mended = await this.counters.compareSome();
    if (mended.length > 0) this.alarm.raise(mended);
  }
}
