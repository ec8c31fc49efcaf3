export const KILL_KINDS = ['agent', 'task', 'approver', 'key'] as const;
export type StopKind = (typeof KILL_KINDS)[number];

/** How much a switch ends, counted as it is thrown. Earlier ends are not counted. */
export interface Reach {
  /** Grants that were ready or active, those that were handed on from them with them. */
  readonly grants: number;
  /** Requests that waited for people: of an agent or a task they end; of an approver they lose that approval. */
  readonly asks: number;
  /** Approvals that counted until now; 0 for a switch that is not an approver's. */
  readonly approvals: number;
}

/** Stop orders: one row each; what stands before its instant is over from the commit on, in every process. No lock is taken. */
export interface StopOrders {
  /**
   * What a switch of this kind would end now. Throws when that takes the server more than half a second, which undoes the
   * transaction: it is for one of its own. @param id as in the order for it; of what is unknown nothing
   */
  reach(kind: StopKind, id: string): Promise<Reach>;
  /**
   * Stops what this agent asked for and holds for this task. Returns the instant, of the database clock; `null` when it never
   * asked for such a task.
   */
  stopTask(agentId: string, taskId: string): Promise<number | null>;
  /** Stops what everybody who bears or bore this id approved. Returns the instant, of the database clock. */
  stopApprover(person: string): Promise<number>;
  /** True when somebody of this id ever voted. */
  hasVoted(person: string): Promise<boolean>;
  /** Ids of the pending escalations with an approval of this person that an order has ended. */
  pendingWithEndedApproval(person: string): Promise<readonly string[]>;
}
