import { Injectable } from '@nestjs/common';
import { RegistrySource } from '#escalations/ports.js';
import { ClientAuthenticator, type ClientProof, type RecognisedClient } from '#identity/agents/authenticate-client.js';

/** Who sends a form, proved, or as far as the configuration that was met last says. */
@Injectable()
export class FormCallers {
  constructor(
    private readonly authenticator: ClientAuthenticator,
    private readonly registry: RegistrySource,
  ) {}

  /** `null` says nothing: prove. */
  async recognise(proof: ClientProof): Promise<RecognisedClient | null> {
    const recent = this.registry.recent();
    return recent === null ? null : this.authenticator.recognise(proof, recent.registry.catalog, recent.configuration);
  }

  /** @param spent the assertion was used up by this very call */
  prove(proof: ClientProof, spent: boolean): ReturnType<ClientAuthenticator['authenticate']> {
    return this.authenticator.authenticate(proof, spent);
  }
}
