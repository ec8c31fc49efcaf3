import { Inject, Injectable } from '@nestjs/common';
import { Store } from '#escalations/ports.js';
import { CardStore, type StoredCard } from '#slack/ports.js';
import { line, type SlackLog } from '#slack/redacting-logger.js';
import { SlackGateway } from '#slack/send/slack-gateway.js';
import { supersededCard } from '#slack/views/card/approval-card.view.js';
import { SLACK_LOG } from '../slack-context.js';

/** What becomes of a message whose button was clicked in vain. */
@Injectable()
export class ClickedCards {
  constructor(
    @Inject(SlackGateway) private readonly gateway: Pick<SlackGateway, 'update'>,
    @Inject(CardStore) private readonly cards: Pick<CardStore, 'mistrust'>,
    private readonly store: Store,
    @Inject(SLACK_LOG) private readonly log: SlackLog,
  ) {}

  /** Takes the buttons off a second copy of a card, which is on record under another `ts`. */
  async retireCopy(card: StoredCard, copyTs: string): Promise<void> {
    const done = await this.gateway.update(card.channel, copyTs, supersededCard(card.cardId));
    if (done.kind !== 'ok') this.log.warn(line([`a copy of a card keeps its buttons: ${done.kind}`]));
  }

  /**
   * Has every card of the request made true once more; one that is true already stays as it is. A button that was clicked
   * in vain was still there, so its message is rewritten whatever our record says: Slack may have carried out an older
   * call after a newer one.
   * @param clicked the message; `messageTs` is `null` for a form
   */
  async refresh(
    escalationId: string,
    { channel, messageTs }: { readonly channel: string; readonly messageTs: string | null },
  ): Promise<void> {
    if (messageTs !== null) await this.cards.mistrust({ channel, ts: messageTs });
    await this.store.run((tx) => tx.journal.enqueue([{ topic: 'card.publish', payload: { id: escalationId } }]));
  }
}
