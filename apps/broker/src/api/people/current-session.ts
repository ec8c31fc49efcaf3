import { Injectable } from '@nestjs/common';
import { Passkeys } from '#escalations/people/passkeys.js';
import { RegistrySource } from '#escalations/ports.js';
import { Sessions } from '#identity/people/sessions.js';
import type { Principal } from '#platform/http/principal.js';
import { OrganisationSignIn } from './organisation-sign-in.js';

/** A session with its person, and what that person could do about it. */
@Injectable()
export class CurrentSession {
  constructor(
    private readonly sessions: Sessions,
    private readonly registry: RegistrySource,
    private readonly organisation: OrganisationSignIn,
    private readonly passkeys: Passkeys,
  ) {}

  /** The answer of `GET /v1/sessions/current`. */
  async of(caller: Principal, cookie: string | undefined): Promise<object> {
    const session = await this.sessions.current(cookie);
    const { catalog } = await this.registry.current();
    const person = catalog.people.find(({ id }) => id === caller.id);
    return {
      person: caller.id,
      name: person?.name ?? caller.id,
      roles: caller.kind === 'person' ? caller.roles : [],
      signed_in_by: session?.signedInBy ?? null,
      opened_at: session?.openedAt.toISOString() ?? null,
      expires_at: session?.expiresAt.toISOString() ?? null,
      oidc: this.organisation.provider !== null && (person?.oidc ?? null) !== null,
      passkeys: (await this.passkeys.of(caller.id)).length,
    };
  }

  /** How anybody may sign in here. */
  options(): { oidc: boolean } {
    return { oidc: this.organisation.provider !== null };
  }
}
