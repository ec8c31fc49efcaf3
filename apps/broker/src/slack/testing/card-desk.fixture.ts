import { CardDrift, CardTurns, type CardStore, type LeasedCard } from '#slack/ports.js';
import { CardDesk } from '../card-desk.js';

/** Every card's turn comes at once. */
class TurnsAtOnce extends CardTurns {
  constructor(private readonly cards: CardStore) {
    super();
  }
  override async take(channel: string): Promise<LeasedCard | null> {
    const waiting = (await this.cards.listByEscalation('')).find((card) => card.channel === channel);
    return waiting === undefined ? null : this.cards.claim(waiting.cardId, 20);
  }
  override async end(): Promise<void> {}
  override async rest(): Promise<void> {}
  override async waitSeconds(): Promise<number> {
    return 1;
  }
}

class NoDrift extends CardDrift {
  override async expect(): Promise<void> {}
  override async lost(): Promise<readonly []> {
    return [];
  }
}

/** The desk over cards in memory. */
export function deskOver(cards: CardStore): CardDesk {
  return new CardDesk(cards, new TurnsAtOnce(cards), new NoDrift());
}
