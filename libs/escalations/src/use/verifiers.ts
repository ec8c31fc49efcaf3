import { resourceIn } from '#domain/catalog.js';
import type { Registry } from '../ports.js';

/** True when this client may introspect and consume tokens for this audience. */
export function isVerifierOf(registry: Registry, clientId: string, resource: string): boolean {
  const client = registry.catalog.clients.find((candidate) => candidate.id === clientId);
  const audience = resourceIn(registry.catalog, resource);
  return (
    client !== undefined &&
    client.roles.includes('verifier') &&
    audience !== undefined &&
    audience.verifiers.includes(clientId)
  );
}
