import type { AppliedConfigurations } from '#escalations/judge/applied-configurations.js';
import type { Queryable } from '../connection/queryable.js';
import type { SealedConfigurations } from '../sql/sealed-configurations.js';

/** Configurations that were applied, over a transaction's connection. */
export class PostgresAppliedConfigurations implements AppliedConfigurations {
  constructor(
    private readonly db: Queryable,
    private readonly configurations: SealedConfigurations,
  ) {}

  async newestSeq(): Promise<string> {
    return (await this.configurations.newest(this.db))?.seq ?? '0';
  }
}
