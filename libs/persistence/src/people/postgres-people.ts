import type { Voter } from '#domain/approval/eligibility.js';
import type { People } from '#escalations/people/people.js';
import type { Queryable } from '../connection/queryable.js';
import type { SealedConfigurations } from '../sql/sealed-configurations.js';

/** People of the configuration in force, over a transaction's connection or the pool. */
export class PostgresPeople implements People {
  constructor(
    private readonly db: Queryable,
    private readonly configurations: SealedConfigurations,
  ) {}

  byId(person: string): Promise<Voter | null> {
    return this.configurations.voter(this.db, person);
  }

  ofGroups(groups: readonly string[]): Promise<Voter[]> {
    return this.configurations.votersOfGroups(this.db, groups);
  }
}
