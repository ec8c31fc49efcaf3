/** A proxy before several processes that behaves as `deploy/compose/haproxy.cfg` has it. Its address is the issuer. */
export interface Front {
  readonly url: string;
  /** Resolves when it has found every process ready. */
  all(): Promise<void>;
  /** How often it turned to another process after one refused a connection. */
  readonly turned: () => number;
  /** What it could not get answered, in words. */
  readonly failures: readonly string[];
  close(): Promise<void>;
}
