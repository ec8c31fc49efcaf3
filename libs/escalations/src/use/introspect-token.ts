import { Injectable } from '@nestjs/common';
import { escalationsInChain } from '../ask/parent-grant.js';
import { PolicyTightening } from '../judge/policy-tightening.js';
import type { MintedToken } from '../minted-token.js';
import { RegistrySource, type Recent, type Registry } from '../ports.js';
import { usesRemaining } from '../state-now.js';
import { GoodTokens } from './good-tokens.js';
import { RememberedTokens, type Remembered } from './remembered-tokens.js';
import { isVerifierOf } from './verifiers.js';

/** Who asks about a token. */
export interface Inquirer {
  readonly kind: 'agent' | 'client';
  readonly id: string;
}

/** When it was asked, by `performance.now()`, and how the caller was known. */
export interface Asked {
  readonly askedAt: number;
  /** The configuration that the caller was proved by, where nothing was read yet that says it is in force. */
  readonly under?: Recent;
}

/**
 * The claims of a live token. `null` is said on the wire as exactly `{"active":false}`; `moved`: another configuration is
 * in force than the caller was proved by, so prove and ask again.
 */
export type Introspection = Readonly<Record<string, unknown>> | null | 'moved';

/** RFC 7662, from memory where that says what the database would. */
@Injectable()
export class IntrospectToken {
  constructor(
    private readonly tokens: GoodTokens,
    private readonly memory: RememberedTokens,
    private readonly registry: RegistrySource,
    private readonly tightening: PolicyTightening,
  ) {}

  /** @param caller a verifier of the token's audience or the agent that holds it; anybody else learns nothing */
  async execute(caller: Inquirer, jwt: string, asked: Asked = { askedAt: performance.now() }): Promise<Introspection> {
    const known = await this.memory.find(jwt, asked.askedAt);
    if (known !== null) return this.remembered(caller, known, asked);
    const mark = this.memory.mark();
    const found = await this.tokens.read(jwt);
    const registry = await this.inForce(found, asked);
    if (registry === 'moved') return 'moved';
    if (found?.good !== true || !maySee(caller, found, registry)) return null;
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

  private remembered(caller: Inquirer, { found, registry, answer }: Remembered, { under }: Asked): Introspection {
    if (under !== undefined && under.configuration !== found.configuration) return 'moved';
    return maySee(caller, found, registry) ? answer : null;
  }

  /** The configuration at the instant of what was read; where nothing was, of an instant since it was asked. */
  private async inForce(
    found: Pick<MintedToken, 'configuration'> | null,
    { askedAt, under }: Asked,
  ): Promise<Registry | 'moved'> {
    const known = under ?? this.registry.recent();
    if (found !== null && known?.configuration === found.configuration) return known.registry;
    if (under === undefined) return this.registry.current(askedAt);
    return found === null && (await this.registry.current(askedAt)) === under.registry ? under.registry : 'moved';
  }
}

function maySee(caller: Inquirer, { grant }: Pick<MintedToken, 'grant'>, registry: Registry): boolean {
  return caller.kind === 'agent' ? caller.id === grant.agentId : isVerifierOf(registry, caller.id, grant.resource);
}
