import type { EscalationRequest } from '#domain/authority/authorization-details.js';
import { fastStreak, paceWarning, type ApprovalPace, type PacedDecision } from '#domain/approval/pace.js';

/** How far back insights look. */
export const INSIGHT_DAYS = 30;

/** How one person decides. Seconds run from the request to the vote. */
export interface ApproverInsight {
  readonly person: string;
  readonly approved: number;
  readonly denied: number;
  readonly medianSeconds: number;
  /** Approvals given within ten seconds of the request, its card or the decision before. */
  readonly fastApprovals: number;
}

/** How people decide what one rule sends to them. Seconds run from the request to its decision. */
export interface RuleInsight {
  readonly rule: string;
  readonly asked: number;
  readonly approved: number;
  /** By people, each decision once: requests that only followed an identical one are not counted. */
  readonly denied: number;
  readonly lapsed: number;
  readonly cancelled: number;
  /** `null` while people have decided none. */
  readonly medianSeconds: number | null;
  /** Every vote for what this rule sent to people. */
  readonly pace: ApprovalPace;
}

/** A stored request with the facts it was decided by. */
export interface StoredDecision {
  readonly agentId: string;
  readonly request: EscalationRequest;
  readonly facts: Readonly<Record<string, unknown>>;
  readonly status: string;
  /** Epoch milliseconds. */
  readonly createdAt: number;
}

/** Queries over votes and requests of the last thirty days. */
export abstract class Insights {
  /** Everyone who decided; with `person`, that row alone (none when they decided nothing). */
  abstract approvers(person: string | null): Promise<ApproverInsight[]>;
  abstract rules(): Promise<RuleInsight[]>;
  /** Requests that this rule sent to people, newest first. */
  abstract askedBy(rule: string, limit: number): Promise<StoredDecision[]>;
}

/** How fast a person has decided lately. */
export abstract class DecisionPace {
  /** The newest decisions of this person first, at most twenty. */
  abstract latest(person: string): Promise<PacedDecision[]>;

  /** What to tell this person after the decision they just made; `null`: nothing. */
  async warning(person: string, verdict: 'approve' | 'deny'): Promise<string | null> {
    return verdict === 'deny' ? null : paceWarning(fastStreak(await this.latest(person)));
  }
}
