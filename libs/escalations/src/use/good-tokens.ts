import { Injectable } from '@nestjs/common';
import { findMintedToken, type MintedToken } from '../minted-token.js';
import { Seals, Store, TokenMint } from '../ports.js';
import { chainSound } from '../sealed-content.js';
import { isTokenUsable } from '../state-now.js';

/** Reads tokens with what decides, but for the configuration, whether they are good. */
@Injectable()
export class GoodTokens {
  constructor(
    private readonly store: Store,
    private readonly mint: TokenMint,
    private readonly seals: Seals,
  ) {}

  /** A token of ours and whether it may be used, as the database has it; `null`: none of ours. */
  async read(jwt: string): Promise<(MintedToken & { readonly good: boolean }) | null> {
    const found = await findMintedToken(this.mint, this.store.read, jwt);
    if (found === null) return null;
    const good = isTokenUsable(found.token, found.grant, found.now) && chainSound(this.seals, found.grant);
    return { ...found, good };
  }
}
