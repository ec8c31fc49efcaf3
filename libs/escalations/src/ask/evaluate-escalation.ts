import { Injectable } from '@nestjs/common';
import { detailsWithin } from '#domain/authority/narrowing.js';
import type { EscalationRequest, GrantedAuthority } from '#domain/authority/authorization-details.js';
import { agentIn } from '#domain/catalog.js';
import type { PolicyDecision, PolicyOutcome } from '#domain/policy-decision.js';
import { invariant, isRefusal, refuse, type Refusal } from '#domain/refusal.js';
import { checkCatalog } from '../judge/check-catalog.js';
import { allowedPart, canBeSeated } from '../judge/denials.js';
import { judgeAsk, type Judgement } from '../judge/judge-ask.js';
import { Store, RegistrySource } from '../ports.js';
import { grantedAuthority } from '../settle.js';
import { evaluated } from './request-history.js';

export interface Evaluation {
  readonly outcome: PolicyOutcome;
  readonly determining: readonly string[];
  /** The largest part of the ask that policy would not deny, with its caps; `null` when nothing would pass. */
  readonly largest_allowed: GrantedAuthority | null;
}

export interface Requestable {
  readonly resource: string;
  readonly name: string;
  readonly max_token_ttl: number;
  readonly actions: readonly {
    readonly action: string;
    readonly risk: string;
    readonly arguments: unknown;
    readonly identifier: 'required' | 'optional';
    readonly outcome: PolicyOutcome;
  }[];
}

/** «What would happen if I asked?»: the same rules as a create, nothing kept but an audit row. */
@Injectable()
export class EvaluateEscalation {
  constructor(
    private readonly registry: RegistrySource,
    private readonly store: Store,
  ) {}

  async execute(agentId: string, request: EscalationRequest): Promise<Evaluation | Refusal> {
    const registry = await this.registry.current();
    const known = checkCatalog(registry.catalog, agentId, request);
    if (isRefusal(known)) return known;
    return this.store.run(async (tx) => {
      const locked = await tx.agents.lock(agentId);
      if (locked === null) return refuse('unauthenticated', 'Unknown agent.');
      const { agent, now } = locked;
      if (agent.suspended) return refuse('forbidden', 'This agent is suspended. Contact its owner.');
      const judgement = judgeAsk(registry, known, request, await tx.agents.facts(agent.uid, known.actions), now);
      const { policy } = judgement;
      const { determining, version } = policy;
      const voters = await tx.people.ofGroups(policy.gates.map((gate) => gate.group));
      const evaluation: Evaluation = canBeSeated(policy, voters, { owner: known.agent.owner, chain: request.chain })
        ? { outcome: policy.outcome, determining, largest_allowed: largestAllowed(judgement) }
        : { outcome: 'deny', determining, largest_allowed: null };
      const { outcome } = evaluation;
      const data = { resource: request.resource, actions: known.actions, outcome, determining, version };
      await tx.journal.record([evaluated(agentId, data)], now);
      return evaluation;
    });
  }

  /**
   * What this agent may ask for at all — what some permit names it for — with the outcome that an ask with nothing filled
   * in would meet: `deny` there means that more must be said, a ticket for instance, or that nobody may approve it.
   */
  async requestable(agentId: string): Promise<Requestable[] | Refusal> {
    const registry = await this.registry.current();
    const agent = agentIn(registry.catalog, agentId);
    const living = await this.store.read.agents.living(agentId);
    if (agent === undefined || living === null) return refuse('unauthenticated', 'Unknown agent.');
    const now = await this.store.read.now();
    const names = [
      ...new Set(registry.catalog.resources.flatMap((resource) => resource.actions.map((action) => action.name))),
    ];
    const facts = await this.store.read.agents.facts(living.uid, names);
    const asker = { id: agentId, groups: agent.groups };
    const decided = registry.catalog.resources.map((resource) => ({
      resource,
      actions: resource.actions
        .filter((action) => registry.couldPermit(asker, resource.id, action.name))
        .map((action) => ({ action, policy: registry.decideEmptyAsk(asker, resource.id, action.name, facts, now) })),
    }));
    const gates = decided.flatMap(({ actions }) => actions.flatMap(({ policy }) => policy.gates));
    const voters = await this.store.read.people.ofGroups([...new Set(gates.map((gate) => gate.group))]);
    return decided
      .filter(({ actions }) => actions.length > 0)
      .map(({ resource, actions }) => ({
        resource: resource.id,
        name: resource.name,
        max_token_ttl: resource.maxTokenTtlSeconds,
        actions: actions.map(({ action, policy }) => ({
          action: action.name,
          risk: action.risk,
          arguments: action.arguments,
          identifier: action.identifierRequired === true ? 'required' : 'optional',
          outcome: canBeSeated(policy, voters, { owner: agent.owner, chain: [] }) ? policy.outcome : 'deny',
        })),
      }));
  }
}

/** The largest part of the ask that policy would not deny, with its caps; `null` when nothing would pass. */
export function largestAllowed({ request, policy, whatIf }: Judgement): GrantedAuthority | null {
  if (policy.outcome !== 'deny') return withoutCuts(request, policy);
  const passing = allowedPart(policy, request);
  if (passing.length === 0) return null;
  const less = { ...request, authorization_details: passing };
  const again = whatIf(less);
  invariant(detailsWithin(passing, request.authorization_details), 'the largest allowed part lies within the ask');
  return again.outcome === 'deny' ? null : withoutCuts(less, again);
}

function withoutCuts(request: EscalationRequest, policy: PolicyDecision): GrantedAuthority {
  const { cuts: _cuts, ...authority } = grantedAuthority(request, policy, []);
  return authority;
}
