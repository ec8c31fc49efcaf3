/**
 * The rows that carry a seal: a MAC under a key derived from the master key, over what the row says. Whoever can write
 * to the tables and lacks that key can take authority away and cannot make any: a row whose seal is missing or wrong
 * counts for nothing, is told once and harms no other (docs/adr/0006).
 */
export const SEALED_KINDS = {
  vote: 'what a person decided; judged at the settling, the minting and each renewal',
  policy: 'what policy answered to a request; judged at the settling, the minting and each renewal',
  grant: 'what was granted; judged wherever a token of it counts',
  suspension: 'that an agent was suspended, retired or resumed; judged wherever it asks and whatever it holds is read',
  kill: 'that a task, or what a person approved, was ended; judged wherever a request, a vote or a grant is read',
  review: 'what a person said that ends a hold after a restore, or a debt of break-glass; judged where either counts',
} as const;

export type SealedKind = keyof typeof SEALED_KINDS;

/** Hears of rows whose seal is missing or wrong. */
export abstract class BrokenSeals {
  /**
   * Tells of the row, once for good: `seal.broken` in the history, a line in the log, `writ_seal_broken_total`.
   * Returns at once and never fails; what it tells never waits for a lock of the caller.
   */
  abstract found(kind: SealedKind, row: string): void;
}
