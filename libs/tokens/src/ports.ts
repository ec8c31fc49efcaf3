import type { SigningAlg as SigningAlgOfUseCases } from '#escalations/keys/signing-keys.js';

/** Signing algorithms of access tokens. No EdDSA: most resource servers and clouds cannot verify it. */
export type SigningAlg = SigningAlgOfUseCases;

/** The public half of a signing key, with exactly the members that its RFC 7638 thumbprint covers. */
export type PublicJwk =
  | { readonly kty: 'EC'; readonly crv: 'P-256'; readonly x: string; readonly y: string }
  | { readonly kty: 'RSA'; readonly n: string; readonly e: string };

/** One row of the signing keys. `wrappedPrivate` is opaque to the store. */
export interface SigningKeyRow {
  /** RFC 7638 thumbprint of `publicJwk`; the row's identity. */
  readonly kid: string;
  readonly alg: SigningAlg;
  readonly publicJwk: PublicJwk;
  readonly wrappedPrivate: string;
  /** Published before, signing from then on: verifiers have met a key before its first token. */
  readonly activeFrom: Date;
  /** Signs no more from then on, still verifies. May lie ahead. */
  readonly retiredAt: Date | null;
  /** Neither signs nor verifies, and leaves the published set at once. Its wrapped private half is erased. */
  readonly compromisedAt: Date | null;
  /** When the last token that it signed runs out; `null` when it signed none. */
  readonly lastTokenEnd: Date | null;
}

/** Where signing keys are kept. Implemented by persistence. */
export abstract class SigningKeyStore {
  /** Every key that was ever made, in any order, and the store's clock, which is the one that counts. */
  abstract list(): Promise<{ readonly rows: readonly SigningKeyRow[]; readonly now: Date }>;

  /**
   * Inserts the row unless a key of the same `alg` exists that is neither retired nor compromised. Atomic: of several
   * processes that call it together exactly one inserts.
   * @param unreadable kids of rows that are known to be no keys of this broker
   * @returns true when this call inserted
   */
  abstract insertFirst(row: SigningKeyRow, unreadable: readonly string[]): Promise<boolean>;
}
