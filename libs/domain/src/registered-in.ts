import { agentIn, type AuthMethod, type Catalog } from './catalog.js';

/** An agent or a client, and how it proves who it is. */
export interface Registered {
  readonly kind: 'agent' | 'client';
  readonly id: string;
  readonly auth: AuthMethod;
}

/** Who is registered under this id in a configuration; `null`: nobody. Whether an agent is suspended or retired it does not say. */
export function registeredIn(catalog: Catalog, id: string): Registered | null {
  const agent = agentIn(catalog, id);
  if (agent !== undefined) return { kind: 'agent', id, auth: agent.auth };
  const client = catalog.clients.find((candidate) => candidate.id === id);
  return client === undefined ? null : { kind: 'client', id, auth: client.auth };
}
