import { Inject, Injectable } from '@nestjs/common';
import { failureOf } from '#escalations/tell/events-of-cards.js';
import { Store } from '#escalations/ports.js';
import { CardFailures } from '#slack/ports.js';
import { DatabasePool } from '../connection/pool.js';
import type { RunsOnClient } from '../connection/queryable.js';
import { NEW_FAILURE, WAKE } from './card-turns.js';
import { NOW } from '../sql/columns.js';

/** The causes told stand with the card, so that no restart and no other worker tells them again. */
@Injectable()
export class PostgresCardFailures extends CardFailures {
  constructor(
    private readonly pool: DatabasePool,
    @Inject(Store) private readonly store: RunsOnClient,
  ) {
    super();
  }

  override tell(cardId: string, error: string): Promise<void> {
    return this.store.runOn(async (tx, client) => {
      const { rows } = await client.query<Parameters<typeof failureOf>[0] & { agent: string; now: number }>({
        name: 'card-failure',
        text: `${NEW_FAILURE}, ${NOW}`,
        values: [cardId, error],
      });
      const [card] = rows;
      if (card !== undefined) await tx.journal.record([failureOf(card, error, card.agent)], card.now);
    });
  }

  override async wake(channel: string): Promise<readonly string[]> {
    const { rows } = await this.pool.query<{ escalationId: string }>({
      name: 'channel-wake',
      text: WAKE,
      values: [channel],
    });
    return rows.map(({ escalationId }) => escalationId);
  }
}
