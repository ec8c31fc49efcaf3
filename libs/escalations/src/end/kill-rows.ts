export const KILL_KINDS = ['agent', 'task', 'approver', 'key'] as const;
export type KillKind = (typeof KILL_KINDS)[number];

/** How much a switch ends, counted as it is thrown. Earlier ends are not counted. */
export interface Reach {
  /** Grants that were ready or active, those that were handed on from them with them. */
  readonly grants: number;
  /** Requests that waited for people: of an agent or a task they end; of an approver they lose that approval. */
  readonly asks: number;
  /** Approvals that counted until now; 0 for a switch that is not an approver's. */
  readonly approvals: number;
}

/** One row each; whatever stands before its instant is over from the commit on, in every process. */
export abstract class KillRows {
  /**
   * What a switch of this kind would end now. Throws when that takes the server more than half a second, which undoes the
   * transaction: it is for one of its own. @param id as in the order for it; of what is unknown nothing
   */
  abstract reach(kind: KillKind, id: string): Promise<Reach>;
  /** What this agent asked for and holds for this task. Answers the instant, or `null` when it never asked for such a task. */
  abstract task(agentId: string, taskId: string): Promise<number | null>;
  /** What whoever bears or bore this id approved. Answers the instant. */
  abstract approver(person: string): Promise<number>;
  /** True when somebody of this id ever voted. */
  abstract hasVoted(person: string): Promise<boolean>;
  /** Ids of the pending escalations with an approval of this person that a switch has ended. */
  abstract pendingWithEnded(person: string): Promise<readonly string[]>;
}
