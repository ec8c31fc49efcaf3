export type RevocationKind = 'grant' | 'agent' | 'task' | 'approver' | 'key' | 'restore';

/** Something that counts no more. Times are epoch milliseconds. */
export interface Revocation {
  /** Decimal digits; rows of one cause share it. Not for ordering: see `FeedPosition`. */
  readonly seq: string;
  readonly kind: RevocationKind;
  /** The one token concerned; absent where `subject` is. */
  readonly jti?: string;
  /** `agent:<id>` (the claim `sub`) or a kid: every token of it up to `notBefore`. */
  readonly subject?: string;
  readonly notBefore: number;
  readonly at: number;
}

/**
 * How far a reader has come: the database snapshot that was read, not a number. A transaction that takes an early
 * sequence number may commit late; whatever a snapshot did not hold is told by the next one, once, and nothing waits for
 * transactions that have nothing to do with it.
 */
export interface FeedPosition {
  /** `pg_snapshot` of the last whole read; `null` in the middle of the first one. */
  readonly since: string | null;
  /** Set in the middle of a read that filled more than a page: what it reads up to, and its last row. */
  readonly within?: { readonly upTo: string; readonly txid: string; readonly seq: string };
}

export interface FeedPage {
  readonly items: readonly Revocation[];
  readonly position: FeedPosition;
  /** False when more is there already. */
  readonly caughtUp: boolean;
  readonly now: number;
}

/** The feed's rows, read in one snapshot each. */
export abstract class RevocationLog {
  /**
   * What was not told up to `from`, or for `null` everything that still matters. A position from the future (the
   * database was restored from a backup) reads as `null`.
   * @param audiences resources that the reader verifies for
   */
  abstract read(audiences: readonly string[], from: FeedPosition | null, rowsMax: number): Promise<FeedPage>;
}
