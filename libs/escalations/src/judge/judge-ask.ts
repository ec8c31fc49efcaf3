import { withDeputies } from '#domain/approval/timetable.js';
import type { EscalationRequest } from '#domain/authority/authorization-details.js';
import { breakGlassUsed, skippedGates } from '#domain/break-glass.js';
import { LIMITS } from '#domain/limits.js';
import type { AgentFacts, PolicyDecision } from '#domain/policy-decision.js';
import type { KnownAsk } from './check-catalog.js';
import type { Registry } from '../ports.js';

/** What break-glass had to do with a decision: whom it passed over, and what would have been decided without the word. */
export interface UsedBreakGlass {
  readonly skipped: readonly string[];
  readonly ordinary: PolicyDecision['outcome'];
}

/** What policy answers an ask, and would answer others of the same agent from the same facts at the same instant. */
export interface Judgement {
  readonly request: EscalationRequest;
  readonly policy: PolicyDecision;
  /** `null` when it was not used, also where the word was said in vain. */
  readonly breakGlass: UsedBreakGlass | null;
  readonly whatIf: (other: EscalationRequest) => PolicyDecision;
}

/**
 * How policy answers an ask: the one way in which an ask, a dry run of it and any later look at it are judged. Deputies
 * are those of the catalog. Break-glass is honoured only where policy itself makes a difference for it: the same request
 * is also judged without the word, and where it was used, the grant is capped at `limits.break_glass_ttl`.
 * @param facts the counts that rules read, of now or of then @param nowMs what gives hour and weekday, epoch milliseconds
 */
export function judgeAsk(
  registry: Registry,
  known: Pick<KnownAsk, 'agent' | 'resource'>,
  request: EscalationRequest,
  facts: AgentFacts,
  nowMs: number,
): Judgement {
  const { catalog } = registry;
  const agent = { id: known.agent.id, groups: known.agent.groups };
  const whatIf = (other: EscalationRequest): PolicyDecision =>
    withDeputies(registry.decide({ agent, request: other, facts, nowMs }), catalog.groups);
  const policy = whatIf(request);
  if (!request.break_glass) return { request, policy, breakGlass: null, whatIf };
  const ordinary = whatIf({ ...request, break_glass: false });
  if (!breakGlassUsed(policy, ordinary)) return { request, policy, breakGlass: null, whatIf };
  const ceiling = catalog.limits.breakGlassTtlSeconds ?? LIMITS.breakGlassTtlSecondsDefault;
  const owners = known.resource.owners === null ? [] : [known.resource.owners];
  return {
    request,
    policy: { ...policy, maxTtl: Math.min(policy.maxTtl ?? ceiling, ceiling) },
    breakGlass: {
      skipped: [...new Set([...skippedGates(policy.gates, ordinary.gates), ...owners])],
      ordinary: ordinary.outcome,
    },
    whatIf,
  };
}
