import type { FederationAuth } from '#domain/catalog.js';
import type { UntypedObject } from '#domain/json.js';
import { isSoleAudience } from './foreign-token.js';

/**
 * True when claims say what a registered federation demands: issuer, subject, the one audience and every named claim,
 * byte for byte. Patterns are left out on purpose: issuers change the shape of `sub`, and a pattern then fits too much.
 * @param brokerIssuer the audience where the registration names none
 */
export function matchesFederation(auth: FederationAuth, claims: UntypedObject, brokerIssuer: string): boolean {
  if (claims['iss'] !== auth.issuer || claims['sub'] !== auth.subject) return false;
  if (!isSoleAudience(claims['aud'], auth.audience ?? brokerIssuer)) return false;
  return Object.entries(auth.claims).every(
    ([name, value]) => Object.hasOwn(claims, name) && textOf(claims[name]) === value,
  );
}

/** Some issuers write ids as numbers, others the same ids as text. */
function textOf(claim: unknown): string | null {
  if (typeof claim === 'string') return claim;
  return Number.isSafeInteger(claim) ? String(claim) : null;
}
