import type { VoteRow } from '../rows/vote.js';

/** Votes as they are read outside a transaction. */
export interface VoteReads {
  /**
   * Votes on this escalation that bear a right seal, in the order of their casting; empty when there are none. Each has its
   * person's groups as the configuration in force gives them.
   */
  of(escalationId: string): Promise<VoteRow[]>;
}

/** Votes inside a transaction, which holds their escalation locked. */
export interface Votes extends VoteReads {
  /** Adds a vote; it is never changed afterwards. @throws when this very vote, with its seal, is there already */
  insert(row: NewVote): Promise<void>;
}

/** A vote as it is cast: nothing has ended it, and groups are read anew each time. */
export type NewVote = Omit<VoteRow, 'groups' | 'killedAt'>;
