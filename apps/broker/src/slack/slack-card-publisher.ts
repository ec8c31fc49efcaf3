import { Injectable } from '@nestjs/common';
import { CardPublisher, type JobOutcome } from '#delivery/ports.js';
import { Reader, UnitOfWork } from '#escalations/ports.js';
import { SYSTEM, type HistoryEntry } from '#escalations/rows.js';
import { CardStore } from '#slack/ports.js';
import { publishCard, type ChannelOutcome } from '#slack/publish-card.js';
import { SlackGateway } from '#slack/slack-gateway.js';
import { CardModelLoader } from './card-model.js';

/** Failures remembered at most, so that a long outage of Slack writes one event a card and not one a try. */
const REMEMBERED_MAX = 10_000;

/** Makes every card of an escalation true and tells the history what became of each. */
@Injectable()
export class SlackCardPublisher extends CardPublisher {
  /** By card: the error told last. Lost at a restart, which costs one more event. */
  private readonly told = new Map<string, string>();

  constructor(
    private readonly cards: CardStore,
    private readonly gateway: SlackGateway,
    private readonly models: CardModelLoader,
    private readonly unitOfWork: UnitOfWork,
    private readonly reader: Reader,
  ) {
    super();
  }

  /** Publishes; answers the seconds to wait when a channel could not be served now. Rejects when the store is down. */
  override async publish(escalationId: string): Promise<JobOutcome> {
    const { outcomes, retryAfterSeconds } = await publishCard(
      { cards: this.cards, slack: this.gateway, loadCardModel: (id) => this.models.load(id) },
      escalationId,
    );
    await this.tell(
      escalationId,
      outcomes.filter((outcome) => this.isNews(outcome)),
    );
    return retryAfterSeconds === null ? 'done' : { retryAfterSeconds };
  }

  private isNews(done: ChannelOutcome): boolean {
    if (done.outcome !== 'failed') {
      if (done.outcome !== 'busy') this.told.delete(done.cardId);
      return done.outcome === 'posted' || done.outcome === 'updated';
    }
    const cause = causeOf(done);
    if (this.told.get(done.cardId) === cause) return false;
    if (this.told.size >= REMEMBERED_MAX) this.told.clear();
    this.told.set(done.cardId, cause);
    return true;
  }

  private async tell(escalationId: string, news: readonly ChannelOutcome[]): Promise<void> {
    if (news.length === 0) return;
    const found = await this.reader.escalation(escalationId);
    if (found === null) return;
    const known = await this.cards.listByEscalation(escalationId);
    const entries = news.map((done): HistoryEntry => {
      const card = known.find((candidate) => candidate.cardId === done.cardId);
      const data = { channel: done.channel, ts: card?.ts ?? null, version: card?.version ?? 0 };
      const about = { actor: SYSTEM, escalation: escalationId, agent: found.escalation.agentId };
      return done.outcome === 'failed'
        ? { ...about, type: 'card.failed', data: { ...data, error: causeOf(done) } }
        : { ...about, type: done.outcome === 'posted' ? 'card.posted' : 'card.updated', data };
    });
    await this.unitOfWork.run((tx) => tx.record(entries, found.now));
  }
}

function causeOf({ fault }: Extract<ChannelOutcome, { outcome: 'failed' }>): string {
  return fault.kind === 'rate_limited' ? 'rate_limited' : fault.error;
}
