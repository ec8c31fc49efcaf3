/** A client assertion that is good for one call. `expiresSeconds` is its `exp`. */
export interface OneTimeAssertion {
  readonly subject: string;
  readonly jti: string;
  readonly expiresSeconds: number;
}

/**
 * How a caller was proved without asking the database: by the configuration that was met last. Whoever relies on it has the
 * transaction that does the work say that this configuration is still in force, and use the assertion up.
 */
export class CallerProof {
  /** The assertion was used up by the call that it proves. */
  spent = false;

  /** @param under the name of the configuration @param assertion `null`: nothing is used up */
  constructor(
    readonly under: string | null,
    readonly assertion: OneTimeAssertion | null,
  ) {}
}

/** The assertion was used before. Nothing was done. */
export class AssertionReplayed extends Error {
  constructor() {
    super('the assertion was used before');
    this.name = 'AssertionReplayed';
  }
}

/** Another configuration is in force than the caller was proved by. Nothing was done: prove and call again. */
export class ProofOutdated extends Error {
  constructor() {
    super('the caller was proved by another configuration');
    this.name = 'ProofOutdated';
  }
}
