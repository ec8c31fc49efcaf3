import { Injectable } from '@nestjs/common';
import { CardPublisher, type JobOutcome } from '#delivery/ports.js';
import { UnitOfWork } from '#escalations/ports.js';
import { type Posting, postingByTurns } from '#slack/cards/card-turns.js';
import { publishCard, type ChannelOutcome, type PublishReport } from '#slack/cards/publish-card.js';
import { SlackGateway } from '#slack/send/slack-gateway.js';
import { CardDesk } from './card-desk.js';
import { FoldedCards } from './folded-cards.js';

/** A job that is this late was lost. */
const MISSED_AFTER_SECONDS = 120;
/** How often a channel or message is tried again that Slack says is not there: the app may be invited meanwhile. */
const TRY_GONE_AGAIN_SECONDS = 600;
const TRUE_NOW: ReadonlySet<string> = new Set(['posted', 'updated', 'current']);

/** Makes every card of an escalation true and tells the history what became of each. */
@Injectable()
export class SlackCardPublisher extends CardPublisher {
  constructor(
    private readonly cards: CardDesk,
    private readonly gateway: SlackGateway,
    private readonly models: FoldedCards,
    private readonly unitOfWork: UnitOfWork,
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
    const byTurns = postingByTurns(this.cards.turns, {
      publish: async (other, posting) => (await this.publishBy(posting, other)).outcomes,
      publishAgain: (other) =>
        this.unitOfWork.run((tx) => tx.enqueue([{ topic: 'card.publish', payload: { id: other } }])),
    });
    const { retryAfterSeconds, inTurn } = await this.publishBy(byTurns, escalationId);
    if (retryAfterSeconds === null) return 'done';
    return inTurn ? { retryAfterSeconds, inTurn } : { retryAfterSeconds };
  }

  private async publishBy(posting: Posting, escalationId: string): Promise<PublishReport> {
    const { store: cards, failures } = this.cards;
    const report = await publishCard(
      { cards, slack: this.gateway, loadCardModel: (id) => this.models.load(id), posting },
      escalationId,
    );
    for (const failure of report.outcomes.filter(isFailed)) await failures.tell(failure.cardId, causeOf(failure));
    await this.expect(report);
    return report;
  }

  /** Tells who looks for lost cards when a job comes to those that are not true yet. */
  private async expect({ outcomes, retryAfterSeconds }: PublishReport): Promise<void> {
    const left = outcomes.filter(({ outcome }) => !TRUE_NOW.has(outcome)).map(({ cardId }) => cardId);
    if (left.length === 0) return;
    const seconds = retryAfterSeconds === null ? TRY_GONE_AGAIN_SECONDS : retryAfterSeconds + MISSED_AFTER_SECONDS;
    await this.cards.drift.expect([...new Set(left)], seconds);
  }
}

type Failure = Extract<ChannelOutcome, { outcome: 'failed' }>;

function isFailed(done: ChannelOutcome): done is Failure {
  return done.outcome === 'failed';
}

function causeOf({ fault }: Failure): string {
  return fault.kind === 'rate_limited' ? 'rate_limited' : fault.error;
}
