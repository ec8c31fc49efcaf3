/** A call that may be repeated: who made it, where, and under which Idempotency-Key. */
export interface KeptCall {
  readonly caller: string;
  readonly route: string;
  readonly key: string;
}

/** The first answer of a call with an Idempotency-Key. `escalationId` names what it created. */
export interface StoredAnswer {
  readonly bodyHash: string;
  readonly status: number;
  readonly response: Readonly<Record<string, unknown>>;
  readonly escalationId: string | null;
  /** Empty where there is none. */
  readonly mac: string;
}
