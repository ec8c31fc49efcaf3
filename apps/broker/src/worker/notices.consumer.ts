import { DeliverNotices } from '#delivery/notices/deliver-notices.js';
import { OutboxStore } from '#delivery/ports.js';
import { Consumes, TypedConsumer, type Handlers } from '#delivery/bull/typed-consumer.js';

/** Tells the places outside Slack, away from the cards: a slow mail server holds up no approval. */
@Consumes('notices')
export class NoticesConsumer extends TypedConsumer<'notices'> {
  protected override readonly handlers: Handlers<'notices'> = {
    'notice.send': ({ id }) => this.notices.deliver(id),
  };

  constructor(
    private readonly notices: DeliverNotices,
    letters: OutboxStore,
  ) {
    super(letters);
  }
}
