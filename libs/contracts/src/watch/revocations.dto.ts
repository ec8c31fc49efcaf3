import { instant } from '#domain/instant.js';
import type { Revocation } from '#escalations/watch/revocation-log.js';

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
