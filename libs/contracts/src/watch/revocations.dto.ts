import { IsIn, IsNotEmpty, IsString, Matches, MaxLength } from 'class-validator';
import { instant } from '#domain/instant.js';
import { LIMITS, VISIBLE_ASCII } from '#domain/limits.js';
import { KILL_KINDS, type StopKind } from '#escalations/end/stop-orders.js';
import type { Revocation } from '#escalations/watch/revocation-feed.js';

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

/** Something that counts no more: one token by `jti`, or every token of a `subject` issued up to `not_before`. */
export class RevocationItem {
  seq!: string;
  kind!: 'grant' | 'agent' | 'task' | 'approver' | 'key' | 'restore';
  /** One token. */
  jti?: string;
  /** `agent:<id>` (the claim `sub`), or the `kid` of a signing key. */
  subject?: string;
  /** Tokens of the subject whose `iat` is at or before this count no more. */
  not_before!: string;
  at!: string;
}

/** One page of the feed. */
export class RevocationsAnswer {
  items!: RevocationItem[];
  /** Where to go on: the next call's `after`, or `Last-Event-ID` of the stream. */
  cursor!: string;
  /** False when more is there already: ask again at once. */
  caught_up!: boolean;
  /** Compact JWS, `typ` `writ-revocations+jwt`, over `cursor` and the SHA-256 of the canonical `items`. */
  signed!: string;
}

/** The status lists in use. */
export class StatusListsAnswer {
  status_lists!: string[];
}

/** An item on the wire. */
export function presentRevocation({ seq, kind, jti, subject, notBefore, at }: Revocation): RevocationItem {
  return {
    seq,
    kind,
    ...(jti === undefined ? {} : { jti }),
    ...(subject === undefined ? {} : { subject }),
    not_before: instant(notBefore),
    at: instant(at),
  };
}
