import type { OpenIdSignIn } from '#identity/people/open-id-sign-in.js';

/** The organisation's sign-in; `provider` is `null` where the environment names none. */
export class OrganisationSignIn {
  constructor(readonly provider: OpenIdSignIn | null) {}
}
