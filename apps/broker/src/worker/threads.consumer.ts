import { OutboxStore, ThreadPublisher } from '#delivery/ports.js';
import { Consumes, TypedConsumer, type Handlers } from '#delivery/bull/typed-consumer.js';

/** Tells the threads under the cards of an escalation what happened. */
@Consumes('threads')
export class ThreadsConsumer extends TypedConsumer<'threads'> {
  protected override readonly handlers: Handlers<'threads'> = {
    'card.thread': ({ id }) => this.threads.publish(id),
  };

  constructor(
    private readonly threads: ThreadPublisher,
    letters: OutboxStore,
  ) {
    super(letters);
  }
}
