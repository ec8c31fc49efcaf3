import type { EscalationRequest } from '#domain/authority/authorization-details.js';
import { canonicalJson } from '#domain/authority/canonical-json.js';
import { recordedFacts } from '#domain/policy-decision.js';
import { isRefusal } from '#domain/refusal.js';
import { checkCatalog } from '../judge/check-catalog.js';
import type { AppliedConfiguration } from '../judge/configuration-store.js';
import { canBeSeated } from '../judge/denials.js';
import { judgeAsk } from '../judge/judge-ask.js';
import type { Registry } from '../ports.js';
import { votersIn } from './roster.js';

/** A stored request with the facts it was decided by. */
export interface StoredAsk {
  readonly id: string;
  readonly agentId: string;
  readonly request: EscalationRequest;
  readonly facts: Readonly<Record<string, unknown>>;
  /** Epoch milliseconds. */
  readonly createdAt: number;
}

/** `refused`: the catalogue does not take it. `denied` also where too few people remain who may be asked. */
export type ReplayedOutcome = 'allowed' | 'asks_people' | 'denied' | 'refused';

/** A request that would come out otherwise: with another outcome, or with the same one and other people, caps or windows. */
export interface ReplayedDifference {
  readonly id: string;
  readonly agentId: string;
  readonly actions: readonly string[];
  readonly from: ReplayedOutcome;
  readonly to: ReplayedOutcome;
  /** The policies that would decide. */
  readonly rules: readonly string[];
}

export interface ConfigurationReplay {
  readonly considered: number;
  readonly differences: readonly ReplayedDifference[];
}

/** One side of the comparison. */
export interface ReplaySide {
  readonly applied: AppliedConfiguration;
  readonly registry: Registry;
}

interface Answer {
  readonly outcome: ReplayedOutcome;
  readonly terms: string;
  readonly rules: readonly string[];
}

/**
 * Decides stored requests under two configurations, from the facts and at the instant of their first decision, so that
 * nothing but the configuration makes a difference.
 * @param stillTime false once the time is over
 */
export function replayUnder(
  asks: readonly StoredAsk[],
  before: ReplaySide,
  next: ReplaySide,
  stillTime: () => boolean,
): ConfigurationReplay {
  const differences: ReplayedDifference[] = [];
  let considered = 0;
  for (const ask of asks) {
    if (!stillTime()) break;
    considered += 1;
    const [was, is] = [answerUnder(before, ask), answerUnder(next, ask)];
    if (was.outcome === is.outcome && was.terms === is.terms) continue;
    const actions = [...new Set(ask.request.authorization_details.flatMap((element) => element.actions))];
    const { id, agentId } = ask;
    differences.push({ id, agentId, actions, from: was.outcome, to: is.outcome, rules: is.rules });
  }
  return { considered, differences };
}

function answerUnder({ applied, registry }: ReplaySide, { agentId, request, facts, createdAt }: StoredAsk): Answer {
  const known = checkCatalog(registry.catalog, agentId, request);
  if (isRefusal(known)) return { outcome: 'refused', terms: '', rules: [] };
  const { policy } = judgeAsk(registry, known, request, recordedFacts(facts), createdAt);
  const { outcome, determining: rules } = policy;
  if (outcome === 'deny') return { outcome: 'denied', terms: '', rules };
  const { gates, windowSeconds, maxTtl, maxUses, stepUp = null, slack = null } = policy;
  const terms = canonicalJson({ gates, windowSeconds, maxTtl, maxUses, stepUp, slack });
  if (outcome === 'allow') return { outcome: 'allowed', terms, rules };
  const groups = gates.flatMap(({ group, deputy }) => (deputy === undefined ? [group] : [group, deputy]));
  const sides = { owner: known.agent.owner, chain: request.chain };
  return canBeSeated(policy, votersIn(applied, groups), sides)
    ? { outcome: 'asks_people', terms, rules }
    : { outcome: 'denied', terms: 'no_eligible_approvers', rules };
}
