import { canonicalJson } from '#domain/authority/canonical-json.js';
import type { TokenMint, Reads } from './ports.js';
import type { GrantRow } from './rows/grant.js';
import type { TokenRow } from './rows/token.js';

/**
 * A token of ours with the grant behind it, read at `now` (epoch ms) under the configuration of this name. Says nothing
 * yet about whether it is live.
 */
export interface MintedToken {
  readonly claims: Readonly<Record<string, unknown>>;
  readonly token: TokenRow;
  readonly grant: GrantRow;
  readonly now: number;
  readonly configuration: string | null;
}

/**
 * The token that this JWT is, or `null`. The signature alone is not enough: what it says must be, claim by claim, what
 * was stored when the token was minted, so that whoever holds a signing key cannot widen or prolong a token of ours. One
 * token is one text: what compares texts, remembers or logs them must not meet it under another.
 */
export async function findMintedToken(
  mint: TokenMint,
  read: Pick<Reads, 'tokens'>,
  jwt: string,
): Promise<MintedToken | null> {
  const claims = await mint.read(jwt);
  if (claims === null) return null;
  const found = await read.tokens.withGrant(String(claims['jti']));
  if (found === null || !saysTheSame(found.token.claims, claims)) return null;
  if (found.token.canonical && !mint.isCanonical(jwt)) return null;
  return { claims, ...found, token: endingAsSigned(found.token, claims) };
}

/** A token that ends no later than its signed `exp` says, whatever was written beside it since. */
export function endingAsSigned(token: TokenRow, claims: MintedToken['claims']): TokenRow {
  return { ...token, expiresAt: Math.min(token.expiresAt, Number(claims['exp']) * 1000) };
}

/** The words of claims that a mint has read, which never change. */
const words = new WeakMap<MintedToken['claims'], string>();

function wordsOf(claims: MintedToken['claims']): string {
  const known = words.get(claims) ?? canonicalJson(claims);
  words.set(claims, known);
  return known;
}

function saysTheSame(minted: unknown, presented: MintedToken['claims']): boolean {
  try {
    return wordsOf(presented) === canonicalJson(minted);
  } catch (error) {
    // A string that no UTF-8 can carry was never minted.
    if (error instanceof TypeError) return false;
    throw error;
  }
}
