import { IsIn, IsNotEmpty, IsString, Matches, MaxLength } from '../wire/rules.js';
import { LIMITS, VISIBLE_ASCII } from '#domain/limits.js';
import { KILL_KINDS, type StopKind } from '#escalations/end/stop-orders.js';

/** What a kill switch ends, and why. */
export class KillBody {
  @IsIn(KILL_KINDS)
  kind!: StopKind;

  /** An agent's id, `<agent>/<task id>`, a person's id or the `kid` of a signing key. */
  @IsString()
  @Matches(VISIBLE_ASCII)
  @MaxLength(257)
  id!: string;

  /** Kept in the history. */
  @IsString()
  @IsNotEmpty()
  @MaxLength(LIMITS.reasonLengthMax)
  reason!: string;
}

/** How much a kill switch ended. What was over before is not in it. */
export class KillReachAnswer {
  /** Grants that were ready or active, those handed on from them with them. */
  grants!: number;
  /** Requests that waited: of an agent or a task they end, of an approver they lost that approval. */
  asks!: number;
  /** Approvals that counted until now; 0 unless the kind is `approver`. */
  approvals!: number;
}

/** What was ended. */
export class KillAnswer {
  kind!: StopKind;
  id!: string;
  /** `null` where it could not be counted in time: the switch is thrown all the same. */
  ended!: KillReachAnswer | null;
}
