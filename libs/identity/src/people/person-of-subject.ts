import type { Catalog } from '#domain/catalog.js';
import type { OpenIdSubject } from './open-id-sign-in.js';

/**
 * The person to whom the configuration binds this subject; issuer and subject byte for byte, never by e-mail.
 * @param provider issuer of the configured provider, meant where a binding names none
 * @returns `null` when nobody is bound, or more than one person is: whose click it would be is not ours to guess
 */
export function personOfSubject(
  catalog: Pick<Catalog, 'people'>,
  provider: string,
  { issuer, subject }: OpenIdSubject,
): string | null {
  const bound = catalog.people.filter(
    ({ oidc }) =>
      oidc !== null && oidc !== undefined && oidc.subject === subject && (oidc.issuer ?? provider) === issuer,
  );
  return bound.length === 1 ? (bound[0]?.id ?? null) : null;
}
