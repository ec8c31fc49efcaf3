import type { Provider } from '@nestjs/common';
import { OpenIdSignIn } from '#identity/people/open-id-sign-in.js';
import { CursorSeal } from '#platform/http/cursor.js';
import { LoginCookie } from '#platform/http/login-cookie.js';
import { GuardedFetch } from '#platform/outbound/outbound-fetch.js';
import { deriveKey } from '#tokens/master-key.js';
import { OrganisationSignIn } from '../api/people/organisation-sign-in.js';
import type { Opened } from '../serve/open.js';

/** Sign-in with the organisation's OpenID provider, where one is configured. */
export function signInProviders({ environment, issuer, masterKey }: Opened): Provider[] {
  const { oidc } = environment;
  const provider =
    oidc === null
      ? null
      : new OpenIdSignIn(
          oidc,
          `${issuer}/auth/callback`,
          new GuardedFetch(new URL(oidc.issuer).hostname, undefined, environment.proxies),
        );
  return [
    { provide: OrganisationSignIn, useValue: new OrganisationSignIn(provider) },
    { provide: LoginCookie, useValue: new LoginCookie(new CursorSeal(deriveKey(masterKey, 'login'))) },
  ];
}
