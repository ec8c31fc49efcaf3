export const KILL_KINDS = ['agent', 'task', 'approver', 'key'] as const;
export type KillKind = (typeof KILL_KINDS)[number];

/** One row each; whatever stands before its instant is over from the commit on, in every process. */
export abstract class KillRows {
  /** What this agent asked for and holds for this task. Answers the instant, or `null` when it never asked for such a task. */
  abstract task(agentId: string, taskId: string): Promise<number | null>;
  /** What whoever bears or bore this id approved. Answers the instant. */
  abstract approver(person: string): Promise<number>;
  /** True when somebody of this id ever voted. */
  abstract hasVoted(person: string): Promise<boolean>;
  /** Ids of the pending escalations with an approval of this person that a switch has ended. */
  abstract pendingWithEnded(person: string): Promise<readonly string[]>;
}
