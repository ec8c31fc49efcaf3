import { LIMITS } from '#domain/limits.js';

/** Signing algorithms of access tokens: a resource chooses. */
export type SigningAlg = 'ES256' | 'RS256';

/** What the database says of one signing key; times are epoch milliseconds of its clock. */
export interface KeyRow {
  /** RFC 7638 thumbprint of the public half. */
  readonly kid: string;
  readonly alg: SigningAlg;
  /** Published before, signing from then on. */
  readonly activeFrom: number;
  /** Signs no more from then on; may lie ahead. */
  readonly retiredAt: number | null;
  /** Nothing that it signed counts, whenever it was signed. */
  readonly compromisedAt: number | null;
  /** When the last token that it signed runs out; `null` when it signed none. */
  readonly lastTokenEnd: number | null;
  /** Empty once it was declared compromised. */
  readonly wrappedPrivate: string;
}

/** A key fresh from the maker, its private half wrapped under the master key. */
export interface NewKey {
  readonly kid: string;
  readonly alg: SigningAlg;
  readonly publicJwk: Readonly<Record<string, string>>;
  readonly wrappedPrivate: string;
}

/** What may still change on a key. Compromise erases the wrapped private half, and nothing changes afterwards. */
export type KeyChange =
  { readonly activeFrom: number } | { readonly retiredAt: number | null } | { readonly compromisedAt: number };

export type KeyState = 'coming' | 'signing' | 'retired' | 'compromised';

/** Makes keys that every process with the same master key opens. */
export abstract class KeyMaker {
  abstract make(alg: SigningAlg): Promise<NewKey>;
  /** True when the row holds a key that was made here. A stranger with rights on the table may have added others. */
  abstract opens(row: Pick<KeyRow, 'kid' | 'alg' | 'wrappedPrivate'>): boolean;
}

/** The rows that are keys: of the others nobody signs, so they keep no place of one. */
export function keysAmong<Row extends KeyRow>(rows: readonly Row[], maker: KeyMaker): Row[] {
  return rows.filter((row) => row.compromisedAt === null && maker.opens(row));
}

/** This process has not met the key that the database wants signed with: learn the keys, then begin again. */
export class SigningKeyNotMet extends Error {
  override readonly name = 'SigningKeyNotMet';
}

/** What a key is at `now`. */
export function keyState(key: Pick<KeyRow, 'activeFrom' | 'retiredAt' | 'compromisedAt'>, now: number): KeyState {
  if (key.compromisedAt !== null) return 'compromised';
  if (key.retiredAt !== null && key.retiredAt <= now) return 'retired';
  return key.activeFrom <= now ? 'signing' : 'coming';
}

/** True while verifiers are to find the key: before it signs, and until the last token that it signed has run out. */
export function isPublished(key: Pick<KeyRow, 'retiredAt' | 'compromisedAt' | 'lastTokenEnd'>, now: number): boolean {
  if (key.compromisedAt !== null) return false;
  if (key.retiredAt === null) return true;
  return now < Math.max(key.retiredAt, key.lastTokenEnd ?? 0) + LIMITS.clockSkewSeconds * 1_000;
}
