import type { Voter } from '#domain/approval/eligibility.js';
import type { DecisionStatement } from '#domain/approval/signed-approval.js';

/** A passkey that a person may sign with. Times are epoch milliseconds. */
export interface Passkey {
  /** The credential's id, base64url. */
  readonly id: string;
  readonly person: string;
  /** The person's own word for it. */
  readonly name: string;
  /** COSE (RFC 9052), as the authenticator gave it. */
  readonly publicKey: Uint8Array;
  /** Signatures so far, as the authenticator counts them; 0 for one that does not count. */
  readonly counter: number;
  readonly transports: readonly string[];
  readonly createdAt: number;
  readonly lastUsedAt: number | null;
}

/** What a challenge was made for: enrolment by a person, or one decision of theirs. Kept under a hash, for one use. */
export interface NewChallenge {
  /** SHA-256 of the challenge (enrolment) or of the nonce (decision), 64 lowercase hex. */
  readonly hash: string;
  readonly purpose: 'enrol' | 'approve';
  readonly person: string;
  /** The statement to be signed, without its nonce; `null` for an enrolment. */
  readonly bound: Omit<DecisionStatement, 'nonce'> | null;
  readonly lifeSeconds: number;
}

/** Passkeys and challenges outside any transaction. */
export abstract class Passkeys {
  /** The living passkeys of a person, oldest first. */
  abstract of(person: string): Promise<readonly Passkey[]>;
  /** The living passkey with this credential id; `null` when there is none. */
  abstract find(id: string): Promise<Passkey | null>;
  /** Keeps a challenge. Returns when it ends, epoch milliseconds. */
  abstract keep(challenge: NewChallenge): Promise<number>;
}

/** What became of a signature by a passkey: `went_back` when its counter had been as high before, or higher. */
export type PasskeyUse = 'used' | 'gone' | 'went_back';

/** Whose a passkey is, in a transaction and outside. Nothing is locked. */
export interface PasskeyReads {
  /** True for a passkey that was ever registered, under its seal, for this very person; one removed since counts too. */
  owns(voter: Pick<Voter, 'person' | 'uid'>, credentialId: string): Promise<boolean>;
}

/** The same rows inside a transaction. */
export interface PasskeyRows extends PasskeyReads {
  /** Uses the challenge up, in its time. False when it is unknown, used, too old, somebody else's or for something else. */
  redeem(used: {
    readonly hash: string;
    readonly purpose: NewChallenge['purpose'];
    readonly person: string;
    readonly escalation: string | null;
  }): Promise<boolean>;
  /** How many living passkeys the person has, waiting for those that add one to the same person. */
  count(person: string): Promise<number>;
  /** False when the credential is registered already, by whomever and even if it was removed since, or its person has left. */
  insert(passkey: Omit<Passkey, 'lastUsedAt'>): Promise<boolean>;
  /** Notes a signature, unless the passkey is gone or its counter did not grow, as a copy's would not. */
  markUsed(id: string, person: string, counter: number, now: number): Promise<PasskeyUse>;
  /** Removes a living passkey of this person. Returns its name; `null` when there is none. */
  remove(id: string, person: string, now: number): Promise<string | null>;
}
