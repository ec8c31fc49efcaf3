import type { GrantedAuthority } from '#domain/authority/authorization-details.js';
import type { EndReason, GrantChange, GrantStatus } from '#domain/grant/lifecycle.js';
import type { Risk } from '#domain/policy-decision.js';

/** Whose it is and what was granted, under its seal; written once. */
export interface GrantedRow {
  readonly id: string;
  readonly escalationId: string;
  readonly agentUid: string;
  readonly agentId: string;
  readonly resource: string;
  readonly actions: readonly string[];
  readonly digest: string;
  readonly granted: GrantedAuthority;
  readonly grantDigest: string;
  /** Ids of the grants that the work was handed on from, the nearest first; `null`: none. */
  readonly parents: readonly string[] | null;
  readonly mac: string;
  readonly createdAt: number;
}

/** How long and how often it may be used, and who was asked for it. */
export interface GrantTermsRow {
  /** `false`: policy allowed it by itself. Says who is told, decides nothing and is under no seal. */
  readonly peopleAsked: boolean;
  readonly readyUntil: number;
  readonly maxUses: number | null;
  /** How often, while active, its agent must be heard of; `null`: it need not. */
  readonly heartbeatSeconds: number | null;
}

/** Its life as it is written. Times are epoch milliseconds of the database clock. */
export interface GrantLifeRow {
  readonly status: GrantStatus;
  readonly version: number;
  readonly uses: number;
  readonly activatedAt: number | null;
  readonly expiresAt: number | null;
  /** The last sign of life since it was collected. */
  readonly lastHeartbeatAt: number | null;
  readonly endedAt: number | null;
  readonly endReason: EndReason | null;
  readonly outcome: string | null;
}

/** What may have ended it before anybody wrote so, or holds it. */
export interface GrantCutShortRow {
  readonly barred: boolean;
  /** When the bar fell, `null` unless barred. */
  readonly barredAt: number | null;
  /** When the key of its live token was declared compromised; `null` for every other grant. */
  readonly keyCompromisedAt: number | null;
  /** When a kill switch ended its task, or what one of its approvers had approved; `null` for every other grant. */
  readonly killedAt: number | null;
  /** When the review of a restore ended what was granted before it; `null`: it did not. */
  readonly restoredAt: number | null;
  /** A restore of the database waits for a review: nothing is minted and no token counts. */
  readonly held: boolean;
  /** The grants of `parents`, in that order. It ends with the first of them. */
  readonly ancestors: readonly AncestorGrant[];
}

export interface GrantRow extends GrantedRow, GrantTermsRow, GrantLifeRow, GrantCutShortRow {}

/** A grant above another: whose it is, how it stands, what of it is used, and what its seal covers. */
export type AncestorGrant = { readonly ownerId: string } & Omit<
  GrantRow,
  'actions' | 'createdAt' | 'outcome' | 'held' | 'ancestors'
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
  | 'peopleAsked'
  | 'readyUntil'
  | 'heartbeatSeconds'
  | 'parents'
> & {
  /** The highest of the granted actions, for lists. */
  readonly risk: Risk;
};

export interface GrantUpdate {
  /** Uses are counted for a grant and those above it at once: see `UseRows.count`. */
  readonly change: Exclude<GrantChange, 'used'>;
  readonly now: number;
  readonly expiresAt?: number;
  readonly endReason?: EndReason;
  readonly outcome?: string;
  /** When it really ended, if the clock ended it before anybody wrote so. Defaults to `now`. */
  readonly endedAt?: number;
}
