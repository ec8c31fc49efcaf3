import type { AgentFacts } from '#domain/policy-decision.js';
import type { AgentRow } from '../rows/agent.js';
import type { Actor } from '../rows/history.js';

/** Agents as they are read outside a transaction. Nothing here holds a lock or throws for an unknown agent. */
export interface AgentReads {
  /** The agent that lives under this id, with whether its suspensions stand; `null` when there is none. */
  living(agentId: string): Promise<AgentRow | null>;
  /**
   * What policy may count of an agent, on the database clock: its denials, its open grants and asks, what it was granted.
   * @param actions of which grants are counted
   * @param without the id of the request that is judged, where it is written already: it is no other pending ask
   */
  facts(agentUid: string, actions: readonly string[], without?: string | null): Promise<AgentFacts>;
}

/** Agents inside a transaction. Their lock is the first that anybody takes: agent, escalation, grant. */
export interface Agents extends AgentReads {
  /** Locks the living agent of this id FOR SHARE, then reads it and the database clock; `null` when there is none. */
  lock(agentId: string): Promise<{ agent: AgentRow; now: number } | null>;
  /** Locks in the same way by row, for an agent whose id may have been given away since. @throws when no row has this uid */
  lockByUid(agentUid: string): Promise<{ agent: Omit<AgentRow, 'suspended'>; now: number }>;
  /**
   * Waits its turn among the creating transactions of this agent until the commit: caps and counted facts hold only in a
   * queue. Comes after the agent's lock and before the queue of its owner.
   */
  queueBehind(agentUid: string): Promise<void>;
  /** Counts a creating call in the current minute of the database clock. Returns the calls so far and the seconds until it turns. */
  countCall(agentUid: string): Promise<{ calls: number; resetSeconds: number }>;
  /**
   * Suspends or resumes, having waited FOR UPDATE for all who hold the agent. `null` for an agent that does not live. `now`
   * is the instant that was written, of the database clock; where nothing changed it is of this process's clock.
   */
  setSuspended(
    agentId: string,
    change: { readonly suspended: boolean; readonly actor: Actor; readonly reason: string | null },
  ): Promise<{ changed: boolean; now: number } | null>;
}
