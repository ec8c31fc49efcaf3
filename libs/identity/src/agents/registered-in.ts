import { agentIn, type Catalog } from '#domain/catalog.js';
import type { Registration } from '../ports.js';

/** Who is registered under this id in a configuration; `null`: nobody. Whether an agent is suspended or retired it does not say. */
export function registeredIn(catalog: Catalog, id: string): Omit<Registration, 'suspended'> | null {
  const agent = agentIn(catalog, id);
  if (agent !== undefined) return { kind: 'agent', id, auth: agent.auth };
  const client = catalog.clients.find((candidate) => candidate.id === id);
  return client === undefined ? null : { kind: 'client', id, auth: client.auth };
}
