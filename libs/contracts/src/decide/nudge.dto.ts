/** A nudge carries nothing: whose request it is says enough. */
export class NudgeBody {}

/** The nudge as it was recorded. */
export class NudgeAnswer {
  /** @example 'esc_01KAMZ0000000000000000000A' */
  escalation!: string;
  /** RFC 3339. */
  nudged_at!: string;
}
