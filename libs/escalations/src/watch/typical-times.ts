/** Below this many decisions a median says more about single people than about the rule. */
export const TYPICAL_DECISIONS_MIN = 3;
export const TYPICAL_DECISIONS_MAX = 50;

/** How long people usually take. */
export abstract class TypicalTimes {
  /**
   * Seconds from request to decision, the median of the last 50 that people decided under the same policies; `null`
   * when fewer than three were, and for an unknown id. Names nobody.
   */
  abstract secondsOf(escalationId: string): Promise<number | null>;
}
