import type { KeyRing, PublishedJwk } from './key-ring.js';

/** The JWK Set document of `/oauth/jwks` (RFC 7517 section 5): public members only, built by name. */
export function jwksDocument(ring: KeyRing): { readonly keys: readonly PublishedJwk[] } {
  return { keys: ring.publicJwks() };
}
