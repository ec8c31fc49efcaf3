import type { EscalationRequest } from './authority/authorization-details.js';

export type Risk = 'low' | 'medium' | 'high';
export type PolicyOutcome = 'allow' | 'require_approval' | 'deny';

/** Facts of the store that policy may read; re-checked under the agent's row lock when they decided. */
export interface AgentFacts {
  readonly recent_denials: number;
  readonly open_grants: number;
  /** Requests of this agent that wait for people, without the one that is judged. */
  readonly pending_asks: number;
  /** By action: grants of this agent and action in the last hour and day. An action that is absent has none. */
  readonly granted_last_hour: Readonly<Record<string, number>>;
  readonly granted_last_day: Readonly<Record<string, number>>;
}

/** The counted facts that a decision was recorded with; 0 for those that were not counted yet when it was made. */
export function recordedFacts(facts: PolicyDecision['facts']): AgentFacts {
  const {
    recent_denials = 0,
    open_grants = 0,
    pending_asks = 0,
    granted_last_hour = {},
    granted_last_day = {},
  } = facts as Partial<AgentFacts>;
  return { recent_denials, open_grants, pending_asks, granted_last_hour, granted_last_day };
}

/** Everything one evaluation reads. No free text of the agent is in here. */
export interface PolicyQuestion {
  readonly agent: { readonly id: string; readonly groups: readonly string[] };
  readonly request: EscalationRequest;
  readonly facts: AgentFacts;
  /** The database clock, milliseconds since the epoch; gives hour_utc and weekday. */
  readonly nowMs: number;
}

/** A gate: `quorum` distinct eligible people of `group`. */
export interface Gate {
  readonly group: string;
  readonly quorum: number;
  /** The group that may fill these seats too, once it is asked (`approval/timetable.ts`); sealed with the decision. */
  readonly deputy?: string;
}

/** One policy that had a say, for the explanation a person reads. */
export interface PolicyVoice {
  readonly policy: string;
  readonly effect: 'permit' | 'forbid';
  readonly outcome: 'allow' | 'require_approval' | null;
  readonly reason: string | null;
}

/** What one (element, action) pair met. */
export interface PairDecision {
  readonly element: number;
  readonly action: string;
  readonly outcome: PolicyOutcome;
  /** Matching policies. */
  readonly satisfied: readonly PolicyVoice[];
  /** Policies in scope that did not match. */
  readonly unsatisfied: readonly string[];
  /** Policies that failed to evaluate: any makes the whole request a denial. */
  readonly failed: readonly string[];
}

export interface PolicyDecision {
  readonly outcome: PolicyOutcome;
  /** `sha256:` over the policy set and the generated schema. */
  readonly version: string;
  /** Sorted distinct `@id`s that determined the outcome. */
  readonly determining: readonly string[];
  /** Empty unless `require_approval`. */
  readonly gates: readonly Gate[];
  readonly windowSeconds: number;
  readonly maxTtl: number | null;
  readonly maxUses: number | null;
  /** An approval needs its approver's passkey over exactly what is decided; absent in decisions from before. */
  readonly stepUp?: 'webauthn' | null;
  /** In Slack people may only deny. Always so where `stepUp` is demanded: a click carries no signature. */
  readonly slack?: 'deny_only' | null;
  /** Why people are asked, or why it was denied: the policies' `@reason`s, distinct. */
  readonly reasons: readonly string[];
  /** `null` unless denied. */
  readonly denialCode: 'policy_denied' | 'no_matching_policy' | 'policy_error' | null;
  readonly pairs: readonly PairDecision[];
  /** The facts used, as recorded with the decision. */
  readonly facts: Readonly<Record<string, unknown>>;
}
