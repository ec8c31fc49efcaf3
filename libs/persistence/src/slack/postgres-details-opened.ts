import { Injectable } from '@nestjs/common';
import { DetailsOpened } from '#slack/ports.js';
import { at } from '../sql/columns.js';
import { DatabasePool } from '../connection/pool.js';
import { SealedConfigurations } from '../sql/sealed-configurations.js';

/** Openings of Details: one row for each request as it stood and person. */
@Injectable()
export class PostgresDetailsOpened extends DetailsOpened {
  constructor(
    private readonly pool: DatabasePool,
    private readonly configurations: SealedConfigurations,
  ) {
    super();
  }

  override async record(opened: { escalationId: string; digest: string; person: string }): Promise<void> {
    await this.pool.query({
      name: 'details-open',
      text: `insert into "details_opened" ("escalation_id", "digest", "person_id") values ($1, $2, $3) on conflict do nothing`,
      values: [opened.escalationId, opened.digest, opened.person],
    });
  }

  override async isOpened(opened: { escalationId: string; digest: string; person: string }): Promise<boolean> {
    const voter = await this.configurations.voter(this.pool, opened.person);
    if (voter === null) return false;
    const { rowCount } = await this.pool.query({
      name: 'details-opened',
      text: `select 1 from "details_opened" where "escalation_id" = $1 and "digest" = $2 and "person_id" = $3 and "at" >= ${at(4)}`,
      values: [opened.escalationId, opened.digest, opened.person, voter.since],
    });
    return rowCount !== 0;
  }
}
