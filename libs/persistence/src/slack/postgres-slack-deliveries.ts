import { Injectable } from '@nestjs/common';
import { SlackDeliveries } from '#slack/ports.js';
import { DatabasePool } from '../connection/pool.js';

/** Replay keys as rows of a table whose primary key decides who was first; old rows are forgotten by the sweeper. */
@Injectable()
export class PostgresSlackDeliveries extends SlackDeliveries {
  constructor(private readonly pool: DatabasePool) {
    super();
  }

  override async first(replayKey: string): Promise<boolean> {
    const { rowCount } = await this.pool.query({
      name: 'slack-delivery-first',
      text: `insert into "slack_deliveries" ("replay_key") values ($1) on conflict ("replay_key") do nothing`,
      values: [replayKey],
    });
    return rowCount === 1;
  }

  override async forget(replayKey: string): Promise<void> {
    await this.pool.query(`delete from "slack_deliveries" where "replay_key" = $1`, [replayKey]);
  }
}
