import type { SpiffeAuth } from '#domain/catalog.js';
import type { UntypedObject } from '#domain/json.js';
import { isSoleAudience } from './foreign-token.js';

/** The trust domain of a SPIFFE id, as `spiffe://` + its name: whose keys sign for every id below it. */
export function trustDomainOf(id: string): string {
  return id.split('/', 3).join('/');
}

/**
 * True when a JWT-SVID is about the registered id and for this broker alone (JWT-SVID section 3). `iss` is not read: the
 * standard gives it no meaning, and keys follow the trust domain of `sub`.
 */
export function matchesSpiffe(auth: SpiffeAuth, claims: UntypedObject, brokerIssuer: string): boolean {
  return claims['sub'] === auth.id && isSoleAudience(claims['aud'], brokerIssuer);
}
