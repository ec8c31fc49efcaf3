import { Injectable } from '@nestjs/common';
import { eligibleSitters } from '#domain/approval/eligibility.js';
import type { EscalationRequest, GrantedAuthority } from '#domain/authority/authorization-details.js';
import type { AgentFacts, PolicyDecision, Risk } from '#domain/policy-decision.js';
import { isRefusal, refuse, type Refusal } from '#domain/refusal.js';
import { explain } from '#policy/explain.js';
import { aboutAgent } from '../about.js';
import { checkCatalog, type KnownAsk } from '../judge/check-catalog.js';
import { deniedAtOnce } from '../judge/denials.js';
import { largestAllowed } from '../ask/evaluate-escalation.js';
import { judgeAsk, type Judgement } from '../judge/judge-ask.js';
import { Store, RegistrySource } from '../ports.js';
import type { Denial } from '../rows/escalation.js';
import { grantedAuthority } from '../settle.js';

/** Facts to judge by instead of the true ones; the last two hold for every action asked for. */
export interface SupposedFacts {
  readonly recentDenials?: number;
  readonly openGrants?: number;
  readonly pendingAsks?: number;
  readonly grantedLastHour?: number;
  readonly grantedLastDay?: number;
}

export interface Supposition {
  readonly agent: string;
  readonly request: EscalationRequest;
  /** Epoch milliseconds; `null`: now. */
  readonly atMs: number | null;
  readonly facts: SupposedFacts;
}

/** A decision explained to people, with what the agent would be answered. */
export interface DryRun {
  readonly policy: PolicyDecision;
  readonly explanation: string;
  readonly risk: Risk;
  readonly gates: readonly {
    readonly group: string;
    readonly quorum: number;
    readonly deputy: string | null;
    /** The people who may fill its seats. */
    readonly eligible: readonly string[];
  }[];
  readonly ask: {
    readonly status: 'pending' | 'approved' | 'denied';
    readonly granted: GrantedAuthority | null;
    readonly denial: Denial | null;
    readonly largestAllowed: GrantedAuthority | null;
  };
}

/** «What would happen if this agent asked this?», for people. Nothing is kept but an audit row. */
@Injectable()
export class DryRunPolicy {
  constructor(
    private readonly registry: RegistrySource,
    private readonly store: Store,
  ) {}

  /** Refuses what a create would refuse by the catalog, and `not_found` for an unknown agent. */
  async execute(person: string, supposed: Supposition): Promise<DryRun | Refusal> {
    const registry = await this.registry.current();
    const known = checkCatalog(registry.catalog, supposed.agent, supposed.request);
    const living = await this.store.read.agents.living(supposed.agent);
    if (living === null || (isRefusal(known) && known.code === 'unauthenticated'))
      return refuse('not_found', 'There is no such agent.');
    if (isRefusal(known)) return known;
    const now = await this.store.read.now();
    const facts = suppose(await this.store.read.agents.facts(living.uid, known.actions), known.actions, supposed.facts);
    const judgement = judgeAsk(registry, known, supposed.request, facts, supposed.atMs ?? now);
    const run = await this.explained(judgement, known);
    await this.record(person, supposed, known, judgement.policy, now);
    return run;
  }

  private async explained(judgement: Judgement, known: KnownAsk): Promise<DryRun> {
    const { request, policy } = judgement;
    const groups = policy.gates.flatMap(({ group, deputy }) => (deputy === undefined ? [group] : [group, deputy]));
    const voters = await this.store.read.people.ofGroups(groups);
    const interested = { owner: known.agent.owner, chain: request.chain };
    const sitters = eligibleSitters(voters, policy.gates, interested);
    const { cuts: _cuts, ...granted } = grantedAuthority(request, policy, []);
    const denial = deniedAtOnce(judgement, voters, interested);
    return {
      policy,
      explanation: explain(policy),
      risk: known.risk,
      gates: policy.gates.map(({ group, quorum, deputy }) => ({
        group,
        quorum,
        deputy: deputy ?? null,
        eligible: sitters.filter((sitter) => sitter.groups.includes(group)).map((sitter) => sitter.person),
      })),
      ask: {
        status: denial !== null ? 'denied' : policy.outcome === 'allow' ? 'approved' : 'pending',
        granted: denial === null ? granted : null,
        denial,
        largestAllowed: largestAllowed(judgement),
      },
    };
  }

  private async record(
    person: string,
    supposed: Supposition,
    known: KnownAsk,
    policy: PolicyDecision,
    now: number,
  ): Promise<void> {
    const { outcome, determining, version } = policy;
    const data = { resource: supposed.request.resource, actions: known.actions, outcome, determining, version };
    await this.store.run((tx) =>
      tx.journal.record(
        [aboutAgent(supposed.agent).says('escalation.evaluated', { kind: 'person', id: person }, data)],
        now,
      ),
    );
  }
}

function suppose(facts: AgentFacts, actions: readonly string[], supposed: SupposedFacts): AgentFacts {
  const each = (count: number | undefined, real: AgentFacts['granted_last_day']): AgentFacts['granted_last_day'] =>
    count === undefined ? real : Object.fromEntries(actions.map((action) => [action, count]));
  return {
    recent_denials: supposed.recentDenials ?? facts.recent_denials,
    open_grants: supposed.openGrants ?? facts.open_grants,
    pending_asks: supposed.pendingAsks ?? facts.pending_asks,
    granted_last_hour: each(supposed.grantedLastHour, facts.granted_last_hour),
    granted_last_day: each(supposed.grantedLastDay, facts.granted_last_day),
  };
}
