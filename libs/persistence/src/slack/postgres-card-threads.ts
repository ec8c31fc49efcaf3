import { Injectable } from '@nestjs/common';
import { CardThreads } from '#slack/ports.js';
import { DatabasePool } from '../connection/pool.js';

/** Finds a card by its message. */
@Injectable()
export class PostgresCardThreads extends CardThreads {
  constructor(private readonly pool: DatabasePool) {
    super();
  }

  override async escalationOf({ channel, ts }: { channel: string; ts: string }): Promise<string | null> {
    const { rows } = await this.pool.query<{ escalation: string }>({
      name: 'card-thread',
      text: `select "escalation_id" as "escalation" from "slack_cards" where "channel" = $1 and "ts" = $2 limit 1`,
      values: [channel, ts],
    });
    return rows[0]?.escalation ?? null;
  }
}
