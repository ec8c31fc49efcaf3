import type { Voter } from '#domain/approval/eligibility.js';

/** People as the configuration in force knows them, in a transaction and outside: nothing is locked. */
export interface People {
  /** The person of this id with their roles and groups; `null` for one whom the configuration does not name. */
  byId(person: string): Promise<Voter | null>;
  /** Everybody who is in one of these groups, with roles and groups as they are now. */
  ofGroups(groups: readonly string[]): Promise<Voter[]>;
}
