import { Injectable } from '@nestjs/common';
import { personNames, type PersonName } from '#domain/person-name.js';
import { RegistrySource } from '#escalations/ports.js';

/** What people are called, by the configuration in force. For people's eyes: agents are never told who decided. */
@Injectable()
export class PeopleNames {
  constructor(private readonly registry: RegistrySource) {}

  async current(): Promise<PersonName> {
    return personNames((await this.registry.current()).catalog);
  }
}
