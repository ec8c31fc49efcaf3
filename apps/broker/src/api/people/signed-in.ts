import { Injectable } from '@nestjs/common';
import { RegistrySource } from '#escalations/ports.js';
import type { OpenIdSubject } from '#identity/people/open-id-sign-in.js';
import { personOfSubject } from '#identity/people/person-of-subject.js';
import { Sessions } from '#identity/people/sessions.js';
import { SessionJournal } from './session-journal.js';

/** What becomes of somebody whom the provider vouches for. */
@Injectable()
export class SignedIn {
  constructor(
    private readonly registry: RegistrySource,
    private readonly sessions: Sessions,
    private readonly journal: SessionJournal,
  ) {}

  /**
   * Opens a session for the person to whom the subject is bound; either way it is audited.
   * @returns the Set-Cookie value, or `null` when nobody is bound to it
   */
  async open(provider: string, subject: OpenIdSubject): Promise<string | null> {
    const { catalog } = await this.registry.current();
    const person = personOfSubject(catalog, provider, subject);
    if (person === null) {
      await this.journal.refused(subject);
      return null;
    }
    const { setCookie } = await this.sessions.openFor(person, 'oidc', subject.fresh);
    await this.journal.opened(person, 'oidc', subject.fresh);
    return setCookie;
  }
}
