import type { ChainLink, Cut, Evidence, Task } from '#domain/authority/authorization-details.js';
import type { EscalationStatus } from '#domain/escalation/lifecycle.js';
import type { EndReason, GrantStatus } from '#domain/grant/lifecycle.js';
import type { Risk } from '#domain/policy-decision.js';
import type { RatedCall } from '#domain/words/call-lines.js';

export interface CardGate {
  readonly group: string;
  readonly quorum: number;
  readonly approved: number;
  /** Names of the people whose approval counts here, for display. */
  readonly approvers: readonly string[];
}

export interface CardDecision {
  readonly name: string;
  readonly verdict: 'approve' | 'deny';
  readonly atSeconds: number;
  readonly reason?: string | null;
  /** What this person's limits take from the ask; empty when they set none. */
  readonly cuts?: readonly Cut[];
  /** A kill switch ended this approval before the request was decided. */
  readonly ended?: boolean;
}

/** The person, agent or cause that denied or cancelled a request, as the history has it. */
export interface CardEnding {
  /** `null` when no person did and no tool of an operator: then policy denied, or the cause says what cancelled. */
  readonly by: string | null;
  /** Why it was cancelled; `null` for a denial and where the history does not say. */
  readonly cause: string | null;
  readonly atSeconds: number;
}

/** What the broker remembers of this agent and of this very ask, whatever the agent says about itself. */
export interface CardAgentRecord {
  /** Grants of the last 24 hours. */
  readonly recent: readonly {
    readonly action: string;
    readonly resource: string;
    readonly count: number;
    readonly lastAtSeconds: number;
  }[];
  readonly sameAsk: {
    readonly approved: number;
    readonly denied: number;
    readonly last: { readonly status: EscalationStatus; readonly atSeconds: number } | null;
    /** People who denied it and their reasons, the latest first. */
    readonly denials?: readonly { readonly by: string; readonly reason: string }[];
  };
}

/**
 * Everything a card or modal may show, read afresh from the store for each rendering. Texts are as stored: the views
 * make them inert. Moments are whole seconds since the epoch, durations whole seconds.
 */
export interface ApprovalCardModel {
  /** Opaque id of one stored card; the value of its buttons. */
  readonly cardId: string;
  readonly escalationId: string;
  readonly digest: string;
  readonly status: EscalationStatus;
  readonly breakGlass?: boolean;
  /** Identical open requests of this agent that wait behind this one; denying this one denies them. */
  readonly folded?: number;
  readonly agent: {
    readonly id: string;
    readonly name: string;
    readonly owner: string;
    /** Delegation chain, nearest first. */
    readonly onBehalfOf: readonly ChainLink[];
    /** The grants that the work was handed on from, one a link; absent: none. */
    readonly under?: readonly string[];
  };
  readonly resource: {
    readonly id: string;
    readonly name: string;
    readonly environment: string | null;
    readonly classification: string | null;
  };
  /** The calls of the request in its own order, in the operator's words and exactly. */
  readonly calls: readonly RatedCall[];
  readonly requestedTtl: number;
  readonly maxUses: number | null;
  /** The highest of all actions. */
  readonly risk: Risk;
  readonly whyYou: {
    /** The whole of it: who, how soon, which rules and reasons, at most how much. */
    readonly text: string;
    /** The rules with their reasons alone. */
    readonly because: string;
    readonly policies: readonly string[];
    readonly policyVersion: string;
  };
  readonly gates: readonly CardGate[];
  readonly createdAtSeconds: number;
  readonly expiresAtSeconds: number;
  /** The groups that are asked next if nobody decides, and from when; `null` when there are none. */
  readonly next: { readonly groups: readonly string[]; readonly atSeconds: number } | null;
  /** Where policy lets people approve: here, or only in the console (with a passkey, or because Slack may only deny). */
  readonly approveIn: 'slack' | 'console_passkey' | 'console';
  /** The console's page of this request, an address of our own; `null` when there is none. */
  readonly consoleUrl: string | null;
  readonly record: CardAgentRecord;
  readonly decidedBy: readonly CardDecision[];
  /** Why it was denied, as policy or whoever denied it said; always shown. */
  readonly denialReason: string | null;
  /** How a denied or cancelled request came to its end; absent or `null`: it did not, or that is not written yet. */
  readonly ending?: CardEnding | null;
  readonly granted: { readonly ttl: number; readonly max_uses: number | null; readonly cuts: readonly Cut[] } | null;
  readonly grant: {
    readonly status: GrantStatus;
    readonly endReason: EndReason | null;
    readonly endedAtSeconds: number | null;
  } | null;
  /** Written by the agent, verified by nobody. */
  readonly task: Task;
  readonly justification: string | null;
  readonly evidence: readonly Evidence[];
}
