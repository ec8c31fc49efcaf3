import { Injectable } from '@nestjs/common';
import { CardDrift, CardFailures, CardStore, CardTurns } from '#slack/ports.js';

/** All that is kept about cards: the messages, whose turn it is in each channel, which card nobody looks after, and what Slack would not take. */
@Injectable()
export class CardDesk {
  constructor(
    readonly store: CardStore,
    readonly turns: CardTurns,
    readonly drift: CardDrift,
    readonly failures: CardFailures,
  ) {}
}
