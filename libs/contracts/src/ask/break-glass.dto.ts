import { IsNotEmpty, IsString, Matches, MaxLength } from '../wire/rules.js';
import { LIMITS } from '#domain/limits.js';

/** What an operator found about a use of break-glass. */
export class ReviewBody {
  @IsString()
  @IsNotEmpty()
  @Matches(/\S/, { message: 'must say something' })
  @MaxLength(LIMITS.reviewNoteLengthMax)
  note!: string;
}

/** What an operator said of a use of break-glass. */
export class BreakGlassReviewAnswer {
  by!: string;
  at!: string;
  note!: string;
}

/** What break-glass did for one request. */
export class BreakGlassMarkAnswer {
  /** Groups that were passed over, and the owners of the resource. */
  skipped!: string[];
  used_at!: string;
  reviewed!: BreakGlassReviewAnswer | null;
}

/** One use of break-glass. */
export class BreakGlassUseAnswer extends BreakGlassMarkAnswer {
  escalation!: string;
  agent!: string;
  owner!: string;
  resource!: string;
  status!: 'pending' | 'approved' | 'denied' | 'cancelled' | 'lapsed';
  /** The agent's words: unverified. */
  justification!: string | null;
}

/** Uses of break-glass, newest first. */
export class BreakGlassPageAnswer {
  items!: BreakGlassUseAnswer[];
  /** Send it as `cursor` for the rest; `null` at the end. */
  next_cursor!: string | null;
}
