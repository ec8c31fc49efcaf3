import { failureOf } from '#escalations/tell/events-of-cards.js';
import { CardDrift, CardFailures, type CardStore, type CardTurns } from '#slack/ports.js';
import { TurnsInMemory, type CardsInMemory } from '#slack/testing/cards-in-memory.js';
import { UnfinishedCards } from '../cards/unfinished-cards.js';
import type { RowsInMemory } from './rows-in-memory.fixture.js';

class NoDrift extends CardDrift {
  override async expect(): Promise<void> {}
  override async lost(): Promise<readonly []> {
    return [];
  }
}

/** Tells each cause of a card once, for as long as the test takes. */
class FailuresOnce extends CardFailures {
  private readonly told = new Set<string>();

  constructor(
    private readonly cards: CardStore,
    private readonly rows: RowsInMemory | null,
  ) {
    super();
  }
  override async tell(cardId: string, error: string): Promise<void> {
    const card = await this.cards.byId(cardId);
    if (card === null || this.told.has(`${cardId} ${error}`)) return;
    this.told.add(`${cardId} ${error}`);
    const entry = failureOf(card, error, 'support-bot');
    await this.rows?.store.run((tx) => tx.journal.record([entry], 0));
  }
  override async wake(): Promise<readonly []> {
    return [];
  }
}

/** What is kept about cards beside the messages, over cards in memory. @param rows where the history is written */
export function cardStoresOver(
  cards: CardsInMemory,
  rows: RowsInMemory | null = null,
): { readonly turns: CardTurns; readonly drift: CardDrift; readonly failures: CardFailures } {
  return { turns: new TurnsInMemory(cards), drift: new NoDrift(), failures: new FailuresOnce(cards, rows) };
}

/** What becomes of cards in memory that a job leaves untrue. */
export function unfinishedOver(cards: CardsInMemory, rows: RowsInMemory): UnfinishedCards {
  const { failures, drift } = cardStoresOver(cards, rows);
  return new UnfinishedCards(failures, drift, rows.store);
}
