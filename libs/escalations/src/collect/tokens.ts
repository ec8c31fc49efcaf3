import type { GrantRow } from '../rows/grant.js';
import type { TokenRow } from '../rows/token.js';

/** Tokens as they are read outside a transaction. */
export interface TokenReads {
  /**
   * The token of this `jti` with its grant, the database clock and what names the configuration in force, all of one
   * instant; `null` when either is missing. Nothing is locked.
   */
  withGrant(
    jti: string,
  ): Promise<{ token: TokenRow; grant: GrantRow; now: number; configuration: string | null } | null>;
}

/** Tokens inside a transaction, which holds their grant locked: tokens have no lock of their own. */
export interface Tokens {
  /** Writes a token that was minted. */
  insert(row: NewToken): Promise<void>;
  /** Ends the living token of a grant; does nothing where there is none. */
  endOf(grantId: string, now: number): Promise<void>;
  /** `null` when there is none of this `jti`; one that has ended is found too. */
  byJti(jti: string): Promise<TokenRow | null>;
  /** The one token of a grant that has not ended, also where it has run out; `null` when there is none. */
  liveOf(grantId: string): Promise<TokenRow | null>;
}

/** A token as it is minted: living, and signed by a broker that gives each token one text. */
export type NewToken = Omit<TokenRow, 'endedAt' | 'canonical'>;
