import { Injectable } from '@nestjs/common';
import { ProofOutdated, type CallerProof } from '#domain/caller-proof.js';
import { escalationsInChain } from '../ask/parent-grant.js';
import { PolicyTightening } from '../judge/policy-tightening.js';
import type { MintedToken } from '../minted-token.js';
import { RegistrySource, type Registry } from '../ports.js';
import { usesRemaining } from '../state-now.js';
import { GoodTokens } from './good-tokens.js';
import { RememberedTokens } from './remembered-tokens.js';
import { isVerifierOf } from './verifiers.js';

/** Who asks about a token. */
export interface Inquirer {
  readonly kind: 'agent' | 'client';
  readonly id: string;
}

/** When it was asked, by `performance.now()`, and how the caller was proved, where nothing was read yet that confirms it. */
export interface Asked {
  readonly askedAt: number;
  readonly proof?: CallerProof;
}

/** The claims of a live token; `null` is said on the wire as exactly `{"active":false}`. */
export type Introspection = Readonly<Record<string, unknown>> | null;

/** RFC 7662, from memory where that says what the database would. */
@Injectable()
export class IntrospectToken {
  constructor(
    private readonly tokens: GoodTokens,
    private readonly memory: RememberedTokens,
    private readonly registry: RegistrySource,
    private readonly tightening: PolicyTightening,
  ) {}

  /**
   * @param caller a verifier of the token's audience or the agent that holds it; anybody else learns nothing
   * @throws ProofOutdated where another configuration is in force than the caller was proved by. Of a token that is none of
   * ours nothing is read that could confirm it: the proof is left as it was.
   */
  async execute(
    caller: Inquirer,
    jwt: string,
    { askedAt, proof }: Asked = { askedAt: performance.now() },
  ): Promise<Introspection> {
    const known = await this.memory.find(jwt, askedAt);
    if (known !== null) {
      confirm(proof, known.found);
      return maySee(caller, known.found, known.registry) ? known.answer : null;
    }
    const mark = this.memory.mark();
    const found = await this.tokens.read(jwt);
    if (found === null) return null;
    confirm(proof, found);
    const recent = this.registry.recent();
    const registry =
      recent?.configuration === found.configuration ? recent.registry : await this.registry.current(askedAt);
    if (!found.good || !maySee(caller, found, registry)) return null;
    const tightened = await this.tightening.ofAll(escalationsInChain(found.grant), registry);
    if (tightened === 'live' || tightened === 'gone') return null;
    const answer = {
      active: true,
      token_type: 'Bearer',
      ...found.claims,
      grant_status: 'active',
      uses_remaining: usesRemaining(found.grant),
    };
    this.memory.remember(jwt, found, { registry, answer }, mark);
    return answer;
  }
}

function confirm(proof: CallerProof | undefined, { configuration }: Pick<MintedToken, 'configuration'>): void {
  if (proof === undefined) return;
  if (proof.under !== configuration) throw new ProofOutdated();
  proof.spent = true;
}

function maySee(caller: Inquirer, { grant }: Pick<MintedToken, 'grant'>, registry: Registry): boolean {
  return caller.kind === 'agent' ? caller.id === grant.agentId : isVerifierOf(registry, caller.id, grant.resource);
}
