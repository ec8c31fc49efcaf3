import type { ReminderKind } from '#domain/approval/timetable.js';
import type { Cut, EscalationRequest, GrantedAuthority } from '#domain/authority/authorization-details.js';
import type { EscalationBirth, EscalationChange, EscalationStatus } from '#domain/escalation/lifecycle.js';
import type { PolicyDecision, Risk } from '#domain/policy-decision.js';
import type { BreakGlassUse } from '../judge/break-glass.js';
import type { AncestorGrant } from './grant.js';

export interface Denial {
  readonly by: 'policy' | 'person';
  readonly code: string;
  readonly reason: string;
  readonly next: {
    readonly action: 'none' | 'ask_less' | 'ask_again' | 'add_ticket' | 'contact_owner';
    readonly after_seconds?: number;
    readonly largest_allowed?: unknown;
  };
}

export interface Granted extends GrantedAuthority {
  readonly cuts: readonly Cut[];
}

/** Times are epoch milliseconds of the database clock. */
export interface EscalationRow {
  readonly id: string;
  readonly agentUid: string;
  readonly agentId: string;
  readonly ownerId: string;
  readonly resource: string;
  readonly status: EscalationStatus;
  readonly version: number;
  readonly digest: string;
  readonly request: EscalationRequest;
  readonly risk: Risk;
  readonly policyVersion: string;
  readonly policy: PolicyDecision;
  readonly policyMac: string;
  readonly createdAt: number;
  readonly deadline: number;
  readonly decidedAt: number | null;
  readonly denial: Denial | null;
  readonly granted: Granted | null;
  readonly grantDigest: string | null;
  /** When the agent was suspended or retired, or its task ended by a kill switch, if that was at or after this row's creation. */
  readonly barredAt: number | null;
  /** It was the agent, and not only its task. */
  readonly agentBarred: boolean;
  /** When a restore was declared, if that was at or after its creation; `null`: never. */
  readonly restoredAt: number | null;
  /** What break-glass did for this request; `null` when nothing. */
  readonly breakGlass: BreakGlassUse | null;
  /** What ended it, as the history has it; `null` unless it is written as cancelled. */
  readonly cancelCause: string | null;
  /** Its owner has nudged the approvers. */
  readonly nudged: boolean;
  /** The reminders that were given. */
  readonly reminded: readonly ReminderKind[];
  /** Ids of the grants that the work was handed on from, the nearest first; `null`: none. */
  readonly parents: readonly string[] | null;
  /** Those grants, in that order. */
  readonly ancestors: readonly AncestorGrant[];
}

export interface NewEscalation extends Omit<
  EscalationRow,
  | 'status'
  | 'version'
  | 'createdAt'
  | 'barredAt'
  | 'agentBarred'
  | 'restoredAt'
  | 'decidedAt'
  | 'breakGlass'
  | 'cancelCause'
  | 'nudged'
  | 'reminded'
  | 'ancestors'
> {
  readonly birth: EscalationBirth;
  readonly deferralHash: Buffer;
  /** `askHash` of the request. */
  readonly askHash: string;
  readonly now: number;
}

export interface EscalationUpdate {
  readonly change: EscalationChange;
  readonly now: number;
  readonly denial?: Denial;
  readonly granted?: Granted;
  readonly grantDigest?: string;
}
