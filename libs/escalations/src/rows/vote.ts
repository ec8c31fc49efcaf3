import type { AuthorityLimits } from '#domain/authority/authorization-details.js';
import type { SignedApproval } from '#domain/approval/signed-approval.js';

/** A vote as it was cast; all of it is under its seal. */
export interface CastVote {
  readonly id: string;
  readonly escalationId: string;
  readonly person: string;
  /** Which person bore the id then; `null` in votes from before people had uids. */
  readonly personUid: string | null;
  readonly verdict: 'approve' | 'deny';
  readonly digest: string;
  readonly limits: AuthorityLimits | null;
  readonly reason: string | null;
  readonly via: 'rest' | 'slack';
  readonly at: number;
  /** The approver's passkey over this decision; `null` for a vote that nobody signed. */
  readonly stepUp: SignedApproval | null;
}

/** What is read with it, and is no part of it; the seal over it. */
export interface VoteNow {
  readonly mac: string;
  /** When a kill switch last ended what this person had approved, this with it; `null`: none did. Not part of the vote. */
  readonly killedAt: number | null;
  /** The person's groups at the time of reading, none for somebody who has left; not part of the vote. */
  readonly groups: readonly string[];
}

export interface VoteRow extends CastVote, VoteNow {}
