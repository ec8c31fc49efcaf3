/** The first answer of a call with an Idempotency-Key. `escalationId` names what it created. */
export interface StoredAnswer {
  readonly bodyHash: string;
  readonly status: number;
  readonly response: Readonly<Record<string, unknown>>;
  readonly escalationId: string | null;
  /** Empty where there is none. */
  readonly mac: string;
}
