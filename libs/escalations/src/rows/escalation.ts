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

/** What was asked, by whom, and by which policy it is decided; written once. Times are epoch milliseconds of the database clock. */
export interface AskedRow {
  readonly id: string;
  readonly agentUid: string;
  readonly agentId: string;
  readonly ownerId: string;
  readonly resource: string;
  readonly digest: string;
  readonly request: EscalationRequest;
  readonly risk: Risk;
  /** Ids of the grants that the work was handed on from, the nearest first; `null`: none. */
  readonly parents: readonly string[] | null;
  readonly createdAt: number;
  readonly deadline: number;
}

/** What policy answered, under its seal. */
export interface JudgedRow {
  readonly policyVersion: string;
  readonly policy: PolicyDecision;
  readonly policyMac: string;
}

/** What became of it, as it is written. */
export interface OutcomeRow {
  readonly status: EscalationStatus;
  readonly version: number;
  readonly decidedAt: number | null;
  readonly denial: Denial | null;
  readonly granted: Granted | null;
  readonly grantDigest: string | null;
  /** What ended it, as the history has it; `null` unless it is written as cancelled. */
  readonly cancelCause: string | null;
}

/** What may have ended it before anybody wrote so. */
export interface CutShortRow {
  /** When the agent was suspended or retired, or its task ended by a kill switch, if that was at or after this row's creation. */
  readonly barredAt: number | null;
  /** It was the agent, and not only its task. */
  readonly agentBarred: boolean;
  /** When a restore was declared, if that was at or after its creation; `null`: never. */
  readonly restoredAt: number | null;
  /** The grants of `parents`, in that order. */
  readonly ancestors: readonly AncestorGrant[];
}

/** What was done about it on the way. */
export interface AroundAskRow {
  /** What break-glass did for this request; `null` when nothing. */
  readonly breakGlass: BreakGlassUse | null;
  /** Its owner has nudged the approvers. */
  readonly nudged: boolean;
  /** The reminders that were given. */
  readonly reminded: readonly ReminderKind[];
}

export interface EscalationRow extends AskedRow, JudgedRow, OutcomeRow, CutShortRow, AroundAskRow {}

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
