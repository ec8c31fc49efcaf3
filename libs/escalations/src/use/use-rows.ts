import type { GrantRow } from '../rows/grant.js';

/** A verifier's question and what it was answered. */
export interface NewUse {
  readonly jti: string;
  readonly grantId: string;
  readonly verifier: string;
  readonly callId: string;
  readonly callHash: string;
  readonly action: string;
  readonly identifier: string | null;
  readonly answer: Readonly<Record<string, unknown>>;
  /** Empty where there is none. */
  readonly mac: string;
}

export type StoredUse = NewUse & { readonly id: string };

/** Uses of tokens, inside one transaction. */
export interface UseRows {
  /** Every row of this call, the oldest first: whoever may write the table may add to them, so only a sealed one counts. */
  ofCall(jti: string, verifier: string, callId: string): Promise<StoredUse[]>;
  insert(use: NewUse): Promise<void>;
  /** Counts one use at each of these grants, which the transaction holds locked. @throws when one moved under its lock */
  count(grants: readonly Pick<GrantRow, 'id' | 'version'>[]): Promise<void>;
}
