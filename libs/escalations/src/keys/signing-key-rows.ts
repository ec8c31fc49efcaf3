import type { KeyChange, KeyRow, NewKey, SigningAlg } from './signing-keys.js';

/** Signing keys inside a transaction. */
export interface SigningKeyRows {
  /**
   * The kid that signs now, by the database clock, held FOR SHARE until the commit: a rotation or compromise waits for it.
   * `null` when there is none but the unreadable. @param unreadable kids of rows that this process cannot open
   */
  signing(alg: SigningAlg, unreadable: readonly string[]): Promise<string | null>;
  /** Waits its turn until the commit among those that change signing keys, then reads them all with the database clock. */
  lock(): Promise<{ keys: KeyRow[]; now: number }>;
  /** Writes a new key. @param activeFrom epoch milliseconds from which it signs */
  insert(key: NewKey, activeFrom: number): Promise<void>;
  /** Changes a key, having waited for those who sign with one. Does nothing for an unknown kid; a compromise is final. */
  change(kid: string, change: KeyChange): Promise<void>;
}
