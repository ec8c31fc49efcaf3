import type { Voter } from '#domain/approval/eligibility.js';
import type { AuthorityLimits } from '#domain/authority/authorization-details.js';
import type { CatalogResource } from '#domain/catalog.js';
import { isRefusal, type Refusal } from '#domain/refusal.js';
import type { ApproverLimits } from './approver-limits.js';
import type { Before } from '../watch/context/before.js';
import type { Registries } from '../judge/judge-again.js';
import type { Ids, Seals, Transaction } from '../ports.js';
import type { EscalationRow } from '../rows/escalation.js';
import type { VoteRow } from '../rows/vote.js';
import type { SignableDecision } from './signed-vote.js';
import { voteRefused } from './vote-entries.js';

export interface Decision extends SignableDecision {
  readonly escalationId: string;
  readonly person: string;
  readonly verdict: 'approve' | 'deny';
  /** The digest that the person was shown. */
  readonly digest: string;
  readonly reason: string | null;
  readonly limits: AuthorityLimits | null;
  readonly via: 'rest' | 'slack';
}

export interface Recorded {
  readonly vote: 'recorded' | 'settled';
  /** How many requests the vote denied: this one, and those that stood behind it. */
  readonly denied?: number;
}

/** What the steps of a decision need besides their transaction. */
export interface DecisionTools {
  readonly cuts: ApproverLimits;
  readonly seals: Seals;
  readonly ids: Ids;
}

/** A decision as it comes into its transaction, with what was read before that. */
export interface Deciding {
  readonly tx: Transaction;
  readonly tools: DecisionTools;
  readonly decision: Decision;
  /** The request as it was read outside: its id and its agent are sure, the rest is read again under the lock. */
  readonly asked: Pick<EscalationRow, 'id' | 'agentUid'>;
  readonly registries: Registries;
  /** What this person had before them. */
  readonly shown: Before;
}

/** The request held FOR UPDATE, its votes, and the clock as it was after the locks. */
export interface Held {
  readonly row: EscalationRow;
  readonly votes: readonly VoteRow[];
  /** Epoch milliseconds of the database clock. */
  readonly now: number;
  /** What the configuration in force has of it; `null`: the resource or an action has left it. */
  readonly resource: CatalogResource | null;
}

/** The same where the configuration has all of it, and the person, who may vote on it. */
export type Votable = Deciding & Held & { readonly resource: CatalogResource; readonly voter: Voter };

/** A configuration was applied between reading it and locking: all is read again. */
export const CONFIG_MOVED = Symbol('config moved');

/** The person has said just this before. */
export class Repeated {
  constructor(readonly recorded: Recorded) {}
}

export type Stopped = Refusal | Repeated | typeof CONFIG_MOVED;

/** True for what ends a decision before its vote. */
export function isStopped(reached: unknown): reached is Stopped {
  return reached === CONFIG_MOVED || reached instanceof Repeated || isRefusal(reached);
}

/** The refusal, once the history has it. */
export async function refused({ tx, decision, row, now }: Deciding & Held, refusal: Refusal): Promise<Refusal> {
  await tx.journal.record([voteRefused(row, decision, refusal)], now);
  return refusal;
}
