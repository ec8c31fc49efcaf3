import { randomBytes } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import { CardDrift, CardTurns, type LeasedCard, type LostCard, type StoredCard, type TurnEnd } from '#slack/ports.js';
import { DatabasePool } from '../connection/pool.js';
import { DROP_TURN, END_TURN, EXPECT_AGAIN, LOST_CARDS, REST, TAKE_TURN, WAIT_SECONDS } from './card-turns.js';

/** Longer than the turn, in which both calls of a post fit. */
const LEASE_SECONDS = 20;

/** The lines of the channels: cards without a message are who waits, a row for each channel is the one turn. */
@Injectable()
export class PostgresCardTurns extends CardTurns {
  constructor(private readonly pool: DatabasePool) {
    super();
  }

  override async take(channel: string): Promise<LeasedCard | null> {
    const name = randomBytes(12).toString('base64url');
    const { rows } = await this.pool.query<LeasedCard>({
      name: 'turn-take',
      text: TAKE_TURN,
      values: [channel, name, LEASE_SECONDS],
    });
    if (rows[0] !== undefined) return rows[0];
    await this.pool.query({ name: 'turn-drop', text: DROP_TURN, values: [channel, name] });
    return null;
  }

  override async end(card: LeasedCard, { posted, restSeconds, holdSeconds }: TurnEnd): Promise<void> {
    await this.pool.query({
      name: 'turn-end',
      text: END_TURN,
      values: [card.channel, card.lease, restSeconds, card.cardId, posted, holdSeconds],
    });
  }

  override async rest(channel: string, seconds: number): Promise<void> {
    await this.pool.query({ name: 'channel-rest', text: REST, values: [channel, seconds] });
  }

  override async waitSeconds(card: StoredCard): Promise<number> {
    const { rows } = await this.pool.query<{ seconds: number }>({
      name: 'turn-wait',
      text: WAIT_SECONDS,
      values: [card.channel, card.cardId],
    });
    return rows[0]?.seconds ?? 1;
  }
}

/** Cards that are behind and that no job is expected to look at. */
@Injectable()
export class PostgresCardDrift extends CardDrift {
  constructor(private readonly pool: DatabasePool) {
    super();
  }

  override async expect(cardIds: readonly string[], seconds: number): Promise<void> {
    await this.pool.query({ name: 'cards-expect', text: EXPECT_AGAIN, values: [cardIds, seconds] });
  }

  override async lost(askedInSlack: readonly string[], limit: number): Promise<readonly LostCard[]> {
    const { rows } = await this.pool.query<LostCard>({
      name: 'cards-lost',
      text: LOST_CARDS,
      values: [askedInSlack, limit],
    });
    return rows;
  }
}
