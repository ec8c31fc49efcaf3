import type { Actor } from '../rows/history.js';

/** What is written of a suspension that nobody has answered. Epoch milliseconds. */
export interface OpenSuspension {
  readonly at: number;
  readonly by: Actor;
  readonly reason: string | null;
}

/** Queries about one agent, by its uid. */
export abstract class AgentRecord {
  /** The newest suspension of a suspended agent, `null` for any other. */
  abstract suspension(agentUid: string): Promise<OpenSuspension | null>;
  /** How many live grants of other agents end with this agent's: its work was handed on to them. */
  abstract handedOn(agentUid: string): Promise<number>;
  /** Ids of requests that wait, the nearest deadline first. */
  abstract pending(agentUid: string, limit: number): Promise<readonly string[]>;
  /** Ids of requests that are over or granted, the newest first. */
  abstract decided(agentUid: string, limit: number): Promise<readonly string[]>;
}
