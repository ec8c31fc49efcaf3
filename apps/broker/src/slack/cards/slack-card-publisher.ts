import { Injectable } from '@nestjs/common';
import { CardPublisher, type JobOutcome } from '#delivery/ports.js';
import { type Posting, postingByTurns } from '#slack/cards/card-turns.js';
import { CardStore, CardTurns } from '#slack/ports.js';
import { publishCard, type PublishReport } from '#slack/cards/publish-card.js';
import { SlackGateway } from '#slack/send/slack-gateway.js';
import { UnfinishedCards } from './unfinished-cards.js';
import { CardsOfDuplicates } from './cards-of-duplicates.js';

/** Makes every card of an escalation true and tells the history what became of each. */
@Injectable()
export class SlackCardPublisher extends CardPublisher {
  constructor(
    private readonly cards: CardStore,
    private readonly turns: CardTurns,
    private readonly gateway: SlackGateway,
    private readonly models: CardsOfDuplicates,
    private readonly unfinished: UnfinishedCards,
  ) {
    super();
  }

  /**
   * Publishes, and with it the card of the identical request that this change makes due. Answers the seconds to wait
   * when a channel could not be served now. Rejects when the store is down.
   */
  override async publish(escalationId: string): Promise<JobOutcome> {
    const own = await this.publishOne(escalationId);
    const due = await this.models.dueWith(escalationId);
    const other = due === null ? 'done' : await this.publishOne(due);
    if (own === 'done' || other === 'done') return own === 'done' ? other : own;
    const retryAfterSeconds = Math.max(own.retryAfterSeconds, other.retryAfterSeconds);
    return { retryAfterSeconds, inTurn: own.inTurn === true && other.inTurn === true };
  }

  private async publishOne(escalationId: string): Promise<Exclude<JobOutcome, 'gone'>> {
    const byTurns = postingByTurns(this.turns, {
      publish: async (other, posting) => (await this.publishBy(posting, other)).outcomes,
      publishAgain: (other) => this.unfinished.publishAgain(other),
    });
    const { retryAfterSeconds, inTurn } = await this.publishBy(byTurns, escalationId);
    if (retryAfterSeconds === null) return 'done';
    return inTurn ? { retryAfterSeconds, inTurn } : { retryAfterSeconds };
  }

  private async publishBy(posting: Posting, escalationId: string): Promise<PublishReport> {
    const report = await publishCard(
      { cards: this.cards, slack: this.gateway, loadCardModel: (id) => this.models.load(id), posting },
      escalationId,
    );
    await this.unfinished.note(report);
    return report;
  }
}
