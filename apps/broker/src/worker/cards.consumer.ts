import { BreakGlassTeller, CardPublisher, OutboxStore } from '#delivery/ports.js';
import { Consumes, TypedConsumer, type Handlers } from '#delivery/bull/typed-consumer.js';

/** Makes the cards of an escalation true after each change. */
@Consumes('cards')
export class CardsConsumer extends TypedConsumer<'cards'> {
  protected override readonly handlers: Handlers<'cards'> = {
    'card.publish': ({ id }) => this.cards.publish(id),
    'break_glass.notice': ({ id }) => this.breakGlass.tell(id),
  };

  constructor(
    private readonly cards: CardPublisher,
    private readonly breakGlass: BreakGlassTeller,
    letters: OutboxStore,
  ) {
    super(letters);
  }
}
