import type { ReminderMark } from '#domain/approval/clock.js';
import type { SignedApproval } from '#domain/approval/signed-approval.js';
import type {
  AuthorityLimits,
  Cut,
  EscalationRequest,
  GrantedAuthority,
} from '#domain/authority/authorization-details.js';
import type { EscalationBirth, EscalationChange, EscalationStatus } from '#domain/escalation/lifecycle.js';
import type { EndReason, GrantChange, GrantStatus } from '#domain/grant/lifecycle.js';
import type { PolicyDecision, Risk } from '#domain/policy-decision.js';
import type { BreakGlassUse } from './judge/break-glass.js';
import type { EventType } from './tell/event-types.js';

/** Who did something. `system` is the broker itself: the clock, the sweeper, the set-up. */
export interface Actor {
  readonly kind: 'agent' | 'person' | 'client' | 'policy' | 'system';
  readonly id: string;
}

export const SYSTEM: Actor = { kind: 'system', id: 'writ' };

/** One thing that happened; becomes an event row and an audit entry in the same transaction. */
export interface HistoryEntry {
  /** An `evt_` id that a row elsewhere bears too; absent: a new one. */
  readonly id?: string;
  readonly type: EventType;
  readonly actor: Actor;
  readonly escalation?: string;
  readonly grant?: string;
  readonly agent?: string;
  readonly data?: Readonly<Record<string, unknown>>;
  /** People approved the request that the entry is about: told to observers of the commit, and not kept. */
  readonly peopleApproved?: boolean;
  /** When the clock has to look at what it is of: for the jobs that follow, and not kept. */
  readonly due?: Due;
}

/** Instants at which a request is to be reminded of, and at which it or a grant is over. Epoch milliseconds. */
export interface Due {
  readonly reminders?: readonly number[];
  readonly end: number;
}

/** Work that must follow a commit; `afterMs` is an instant (epoch ms) before which it is pointless. */
export interface OutboxEntry {
  readonly topic:
    | 'card.publish'
    | 'card.thread'
    | 'deadline.escalation'
    | 'deadline.grant'
    | 'reminder.escalation'
    | 'notice.send'
    | 'break_glass.notice'
    | 'policy.reevaluate';
  readonly payload: { readonly id: string };
  readonly afterMs?: number;
}

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
  /** False or absent when it was only the task. */
  readonly agentBarred?: boolean;
  /** When a restore was declared, if that was at or after its creation; absent or `null`: never. */
  readonly restoredAt?: number | null;
  /** What break-glass did for this request; `null` or absent when nothing. */
  readonly breakGlass?: BreakGlassUse | null;
  /** What ended it, as the history has it; `null` or absent unless it is written as cancelled. */
  readonly cancelCause?: string | null;
  /** Its owner has nudged the approvers. */
  readonly nudged?: boolean;
  /** The reminders that were given. */
  readonly reminded?: readonly ReminderMark[];
  /** Ids of the grants that the work was handed on from, the nearest first; absent or `null`: none. */
  readonly parents?: readonly string[] | null;
  /** Those grants, in that order. */
  readonly above?: readonly GrantAbove[] | null;
}

export interface NewEscalation extends Omit<
  EscalationRow,
  'status' | 'version' | 'createdAt' | 'barredAt' | 'decidedAt' | 'breakGlass' | 'above'
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

export interface GrantRow {
  readonly id: string;
  readonly escalationId: string;
  readonly agentUid: string;
  readonly agentId: string;
  readonly resource: string;
  readonly actions: readonly string[];
  readonly status: GrantStatus;
  readonly version: number;
  readonly digest: string;
  readonly granted: GrantedAuthority;
  readonly grantDigest: string;
  readonly maxUses: number | null;
  readonly uses: number;
  readonly mac: string;
  readonly createdAt: number;
  readonly readyUntil: number;
  readonly activatedAt: number | null;
  readonly expiresAt: number | null;
  readonly endedAt: number | null;
  readonly endReason: EndReason | null;
  readonly outcome: string | null;
  readonly barred: boolean;
  /** When the bar fell, `null` unless barred. */
  readonly barredAt: number | null;
  /** When the key of its live token was declared compromised; `null` for every other grant. */
  readonly keyCompromisedAt: number | null;
  /** When a kill switch ended its task, or what one of its approvers had approved; `null` for every other grant. */
  readonly killedAt: number | null;
  /** A restore of the database waits for a review: nothing is minted and no token counts; absent: no. */
  readonly held?: boolean;
  /** When the review of a restore ended what was granted before it; absent or `null`: it did not. */
  readonly restoredAt?: number | null;
  /** How often, while active, its agent must be heard of; `null`: it need not. */
  readonly heartbeatSeconds: number | null;
  /** The last sign of life since it was collected. */
  readonly heardAt: number | null;
  /** Ids of the grants that the work was handed on from, the nearest first; absent or `null`: none. */
  readonly parents?: readonly string[] | null;
  /** Those grants, in that order. It ends with the first of them. */
  readonly above?: readonly GrantAbove[] | null;
}

/** A grant above another: whose it is, how it stands, what of it is used, and what its seal covers. */
export type GrantAbove = { readonly ownerId: string } & Pick<
  GrantRow,
  | 'id'
  | 'escalationId'
  | 'agentUid'
  | 'agentId'
  | 'resource'
  | 'digest'
  | 'granted'
  | 'grantDigest'
  | 'mac'
  | 'parents'
  | 'version'
  | 'maxUses'
  | 'uses'
  | 'status'
  | 'readyUntil'
  | 'activatedAt'
  | 'expiresAt'
  | 'endedAt'
  | 'endReason'
  | 'barred'
  | 'barredAt'
  | 'keyCompromisedAt'
  | 'killedAt'
  | 'restoredAt'
  | 'heartbeatSeconds'
  | 'heardAt'
>;

export type NewGrant = Pick<
  GrantRow,
  | 'id'
  | 'escalationId'
  | 'agentUid'
  | 'agentId'
  | 'resource'
  | 'actions'
  | 'digest'
  | 'granted'
  | 'grantDigest'
  | 'maxUses'
  | 'mac'
  | 'createdAt'
  | 'readyUntil'
  | 'heartbeatSeconds'
  | 'parents'
> & {
  /** The highest of the granted actions, for lists. */
  readonly risk: Risk;
};

export interface GrantUpdate {
  /** Uses are counted for a grant and those above it at once: see `Transaction.countUse`. */
  readonly change: Exclude<GrantChange, 'used'>;
  readonly now: number;
  readonly expiresAt?: number;
  readonly endReason?: EndReason;
  readonly outcome?: string;
  /** When it really ended, if the clock ended it before anybody wrote so. Defaults to `now`. */
  readonly endedAt?: number;
}

export interface VoteRow {
  readonly id: string;
  readonly escalationId: string;
  readonly person: string;
  readonly verdict: 'approve' | 'deny';
  readonly digest: string;
  readonly limits: AuthorityLimits | null;
  readonly reason: string | null;
  readonly via: 'rest' | 'slack';
  /** Which person bore the id then; `null` in votes from before people had uids. */
  readonly personUid: string | null;
  readonly at: number;
  /** The approver's passkey over this decision; `null` for a vote that nobody signed. */
  readonly stepUp: SignedApproval | null;
  readonly mac: string;
  /** When a kill switch last ended what this person had approved, this with it; `null`: none did. Not part of the vote. */
  readonly killedAt?: number | null;
  /** The person's groups at the time of reading, none for somebody who has left; not part of the vote. */
  readonly groups: readonly string[];
}

export interface TokenRow {
  readonly jti: string;
  readonly grantId: string;
  readonly kid: string;
  readonly claims: Readonly<Record<string, unknown>>;
  readonly mintedAt: number;
  readonly expiresAt: number;
  readonly endedAt: number | null;
  readonly redeemKey: string | null;
  /** It was signed by one that gives each token one text; absent or false: by an older broker. */
  readonly canonical?: boolean;
  /** The `jti` whose place it took; `null` for the token that a collection brought. */
  readonly renewedFrom: string | null;
}

/** An agent's row while a transaction holds it FOR SHARE. */
export interface AgentRow {
  readonly uid: string;
  readonly id: string;
  readonly suspended: boolean;
}
