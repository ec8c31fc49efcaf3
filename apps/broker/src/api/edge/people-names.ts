import { Injectable } from '@nestjs/common';
import type { PersonName } from '#domain/person-name.js';
import type { CatalogWords } from '#domain/words/catalog-words.js';
import { RegistrySource } from '#escalations/ports.js';

/** What people are called, by the configuration in force. For people's eyes: agents are never told who decided. */
@Injectable()
export class PeopleNames {
  constructor(private readonly registry: RegistrySource) {}

  async current(): Promise<PersonName> {
    return (await this.words()).person;
  }

  /** The same for agents, resources and calls. */
  async words(): Promise<CatalogWords> {
    return (await this.registry.current()).words;
  }
}
