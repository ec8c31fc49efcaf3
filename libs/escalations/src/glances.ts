/** One look at the database: what holds at an instant after `sentAt`. */
export interface Glance {
  /** When it was sent, by `performance.now()` of this process: whatever was committed before is in it. */
  readonly sentAt: number;
  /** Epoch milliseconds of the database clock, read after `sentAt`. */
  readonly now: number;
  /** Names the configuration in force; `null` while none was ever applied. */
  readonly configuration: string | null;
}

/** Ids of grants whose tokens ended since the glance before; `any`: whatever is remembered may have ended. */
export type Ended = 'any' | readonly string[];

/**
 * Looks at the database for all who ask at once, and tells what ended since the last look. Who remembers something may
 * use it for as long as a glance that was sent after the question has not told that it ended: then the answer is one that
 * the database could have given.
 */
export abstract class Glances {
  /** A glance that was sent at `askedAt` or later, if there is one already. @param askedAt `performance.now()` */
  abstract known(askedAt: number): Glance | null;

  /**
   * The same, waiting for the next one where there is none: those who wait share it. Rejects when the database does not
   * answer.
   */
  abstract since(askedAt: number): Promise<Glance>;

  /** Calls `heard` with what ended, before anybody is given the glance that told of it. */
  abstract watch(heard: (ended: Ended) => void): void;
}

/** What the database clock may say by now at most. Epoch milliseconds. */
export function latestNow(glance: Glance, at = performance.now()): number {
  return glance.now + (at - glance.sentAt);
}
