import type { ChainLink } from '../authority/authorization-details.js';
import type { Gate } from '../policy-decision.js';
import type { PersonRole } from '../catalog.js';
import type { Sitter } from './quorum.js';

/** Which person an id means: whoever leaves the configuration and comes back under the same id is somebody else. */
export interface PersonIdentity {
  /** `per_` and a ULID; never given twice. */
  readonly uid: string;
  /** Epoch milliseconds from which the id means this person; 0 for whoever was there before people had uids. */
  readonly since: number;
}

/** What rules of eligibility read of a person. */
export interface Candidate {
  readonly person: string;
  readonly roles: readonly PersonRole[];
  readonly groups: readonly string[];
}

/** A person as the configuration in force knows them. */
export interface Voter extends Candidate, PersonIdentity {}

/** A row that names a person: by uid, or, from before people had uids, by id and time alone. */
export interface PersonNamed {
  readonly person: string;
  readonly personUid: string | null;
  /** Epoch milliseconds. */
  readonly at: number;
}

/** True when the row is about this very person, and not about somebody who bore the same id before. */
export function isOf(row: PersonNamed, voter: Pick<Voter, 'person' | 'uid' | 'since'>): boolean {
  if (row.person !== voter.person) return false;
  return row.personUid === null ? row.at >= voter.since : row.personUid === voter.uid;
}

/** The sides of a request that may never judge it. */
export interface Interested {
  readonly owner: string;
  readonly chain: readonly ChainLink[];
  /** Who owns the agents that handed the work on. */
  readonly ancestorOwners?: readonly string[];
}

export type Ineligibility =
  'unknown_person' | 'not_an_approver' | 'not_in_group' | 'owner_of_the_agent' | 'in_the_delegation_chain';

/** Why a person may not decide a request now: they may not at all, or it is over, or they have voted. */
export type WhyNot = Ineligibility | 'already_decided' | 'already_voted';

/**
 * Why this person may not vote on the request, or `null` when they may. Asked at the vote, again in the transaction
 * that settles and again in the one that mints, because memberships change in between.
 */
export function ineligibility(
  voter: Candidate | null,
  gates: readonly Gate[],
  interested: Interested,
): Ineligibility | null {
  if (voter === null) return 'unknown_person';
  if (voter.person === interested.owner) return 'owner_of_the_agent';
  if (
    interested.chain.some((link) => link.sub === voter.person || link.sub === `user:${voter.person}`) ||
    interested.ancestorOwners?.includes(voter.person) === true
  )
    return 'in_the_delegation_chain';
  if (!voter.roles.includes('approver')) return 'not_an_approver';
  if (!gates.some((gate) => voter.groups.includes(gate.group))) return 'not_in_group';
  return null;
}

/** The people of `voters` who may vote, as sitters for the quorum. */
export function eligibleSitters(
  voters: readonly Candidate[],
  gates: readonly Gate[],
  interested: Interested,
): Sitter[] {
  return voters
    .filter((voter) => ineligibility(voter, gates, interested) === null)
    .map((voter) => ({ person: voter.person, groups: voter.groups }));
}
