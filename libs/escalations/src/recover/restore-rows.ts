export type RestoreVerdict = 'keep' | 'end';

/** One time that the database was put back to an earlier state. Times are epoch milliseconds. */
export interface RestoreEpoch {
  /** Decimal digits. */
  readonly id: string;
  readonly declaredAt: number;
  readonly declaredBy: string;
  /** Somebody said so, or a broker missed an event that it had seen. */
  readonly cause: 'declared' | 'detected';
  readonly review: {
    readonly at: number;
    readonly by: string;
    readonly verdict: RestoreVerdict;
    readonly note: string | null;
  } | null;
}

/** What a transaction may do about restores. */
export interface RestoreRows {
  /** Waits its turn among those that declare and review; then the epoch that waits for a review, and the clock. */
  lockOpen(): Promise<{ open: RestoreEpoch | null; now: number }>;
  /** From then on tokens stand on a status list that was begun after it. */
  declare(cause: RestoreEpoch['cause'], by: string, now: number): Promise<RestoreEpoch>;
  /** Moves the instant of an unreviewed epoch on: what came between the two restores is as doubtful. */
  declareAgain(id: string, now: number): Promise<RestoreEpoch>;
  review(id: string, review: { by: string; verdict: RestoreVerdict; note: string | null; now: number }): Promise<void>;
  /** Ends every session and voids every code: among them are those that had ended, or been used, in the lost time. */
  endSessions(now: number): Promise<number>;
}
