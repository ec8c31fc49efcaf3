import { Injectable } from '@nestjs/common';
import { CardDrift, CardStore, CardTurns } from '#slack/ports.js';

/** All that is kept about cards: the messages, whose turn it is in each channel, and which card nobody looks after. */
@Injectable()
export class CardDesk {
  constructor(
    readonly store: CardStore,
    readonly turns: CardTurns,
    readonly drift: CardDrift,
  ) {}
}
