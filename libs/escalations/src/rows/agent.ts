/** An agent's row while a transaction holds it FOR SHARE. */
export interface AgentRow {
  readonly uid: string;
  readonly id: string;
  readonly suspended: boolean;
}
