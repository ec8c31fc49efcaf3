import type { DeniedAsk } from '#domain/authority/ask.js';

/**
 * What a creating or deciding transaction must know of an agent's other asks. It locks none of them: the queues do. Two asks ask the same when their `askHash`
 * is. They are identical when their words are too, all but the task's id, and the same groups decide them: whoever reads
 * one has read the other. Of identical asks that are open the first has the card, the others stand behind it.
 */
export interface AskLedger {
  /** Waits its turn until the commit among the creating transactions of this owner's agents. After the agent's own queue, never before. */
  queueBehindOwner(owner: string): Promise<void>;
  /** Requests of this agent that wait for people now, by the database clock. */
  pendingOf(agentUid: string): Promise<number>;
  /** Requests of this owner's agents that wait for people now, by the database clock. */
  pendingOfOwner(owner: string): Promise<number>;
  /** What people denied this agent of this resource within `seconds`, without those denials that only followed another one. */
  denied(agentUid: string, resource: string, seconds: number): Promise<DeniedAsk[]>;
  /** Open requests of this agent that ask the same, in the order they came in. */
  openLike(agentUid: string, askHash: string): Promise<string[]>;
  /** Open requests that are identical to this one and came after it, in the order they came in. */
  openDuplicates(escalationId: string): Promise<string[]>;
  /** Everything this agent waits for, in the order it came in. */
  openOf(agentUid: string): Promise<string[]>;
  /** True when an open request that is identical came before this one. */
  isDuplicateOfOpen(escalationId: string): Promise<boolean>;
}

/** Where one request stands among those that are identical. */
export interface DuplicateGroup {
  /** The open request that has the card for all of them; this one's own id when it has it, `null` when none is open. */
  readonly head: string | null;
  /** Open requests that came after this one, in the order they came in. */
  readonly behind: readonly string[];
  /** Grows whenever a request that came after this one is made or ends while this one is open; 0 when it is not. */
  readonly changes: number;
}

/** Reads groups of duplicates outside transactions. */
export abstract class DuplicateGroups {
  /** `null` for an unknown escalation. */
  abstract of(escalationId: string): Promise<DuplicateGroup | null>;
}
