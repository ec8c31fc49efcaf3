import { Injectable } from '@nestjs/common';
import { findMintedToken } from '../minted-token.js';
import { escalationsInChain } from '../ask/parent-grant.js';
import { PolicyTightening } from '../judge/policy-tightening.js';
import { Store, RegistrySource, Seals, TokenMint } from '../ports.js';
import { chainSound } from '../sealed-content.js';
import { isTokenUsable, usesRemaining } from '../state-now.js';
import { isVerifierOf } from './verifiers.js';

/** RFC 7662: the claims of a live token, or `null`, which the wire says as exactly `{"active":false}`. */
@Injectable()
export class IntrospectToken {
  constructor(
    private readonly store: Store,
    private readonly mint: TokenMint,
    private readonly registry: RegistrySource,
    private readonly tightening: PolicyTightening,
    private readonly seals: Seals,
  ) {}

  /** @param caller a verifier of the token's audience or the agent that holds it; anybody else learns nothing */
  async execute(
    caller: { kind: 'agent' | 'client'; id: string },
    jwt: string,
  ): Promise<Record<string, unknown> | null> {
    const found = await findMintedToken(this.mint, this.store.read, jwt);
    if (found === null || !isTokenUsable(found.token, found.grant, found.now)) return null;
    if (!chainSound(this.seals, found.grant)) return null;
    const registry = await this.registry.current();
    const { resource, agentId } = found.grant;
    const maySee = caller.kind === 'agent' ? caller.id === agentId : isVerifierOf(registry, caller.id, resource);
    if (!maySee) return null;
    const tightened = await this.tightening.ofAll(escalationsInChain(found.grant), registry);
    if (tightened === 'live' || tightened === 'gone') return null;
    return {
      active: true,
      token_type: 'Bearer',
      ...found.claims,
      grant_status: 'active',
      uses_remaining: usesRemaining(found.grant),
    };
  }
}
