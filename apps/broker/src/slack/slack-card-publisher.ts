import { Injectable } from '@nestjs/common';
import { CardPublisher, type JobOutcome } from '#delivery/ports.js';
import { Reader, UnitOfWork } from '#escalations/ports.js';
import { SYSTEM, type HistoryEntry } from '#escalations/rows.js';
import { type Posting, postingByTurns } from '#slack/card-turns.js';
import { publishCard, type ChannelOutcome, type PublishReport } from '#slack/publish-card.js';
import { SlackGateway } from '#slack/slack-gateway.js';
import { CardDesk } from './card-desk.js';
import { FoldedCards } from './folded-cards.js';

/** Failures remembered at most, so that a long outage of Slack writes one event a card and not one a try. */
const REMEMBERED_MAX = 10_000;
/** A job that is this late was lost. */
const MISSED_AFTER_SECONDS = 120;
/** How often a channel or message is tried again that Slack says is not there: the app may be invited meanwhile. */
const TRY_GONE_AGAIN_SECONDS = 600;

/** Makes every card of an escalation true and tells the history what became of each. */
@Injectable()
export class SlackCardPublisher extends CardPublisher {
  /** By card: the error told last. Lost at a restart, which costs one more event. */
  private readonly told = new Map<string, string>();

  constructor(
    private readonly cards: CardDesk,
    private readonly gateway: SlackGateway,
    private readonly models: FoldedCards,
    private readonly unitOfWork: UnitOfWork,
    private readonly reader: Reader,
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
    const { store: cards, drift } = this.cards;
    const report = await publishCard(
      { cards, slack: this.gateway, loadCardModel: (id) => this.models.load(id), posting },
      escalationId,
    );
    const news = report.outcomes.filter((outcome) => this.isNews(outcome));
    await this.tell(escalationId, news);
    const expected = expectedIn(report);
    if (expected !== null) await drift.expect(escalationId, expected);
    return report;
  }

  private isNews(done: ChannelOutcome): boolean {
    if (done.outcome !== 'failed') {
      const news = done.outcome === 'posted' || done.outcome === 'updated';
      if (news || done.outcome === 'current') this.told.delete(done.cardId);
      return news;
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
    const known = await this.cards.store.listByEscalation(escalationId);
    const entries = news.map((done): HistoryEntry => {
      const card = known.find((candidate) => candidate.cardId === done.cardId);
      const data = { channel: done.channel, ts: card?.ts ?? null, version: card?.version ?? 0 };
      const about = { actor: SYSTEM, escalation: escalationId, agent: found.escalation.agentId };
      return done.outcome === 'failed'
        ? { ...about, type: 'card.failed', data: { ...data, error: causeOf(done) } }
        : { ...about, type: done.outcome === 'posted' ? 'card.posted' : 'card.updated', data };
    });
    await this.unitOfWork.run(async (tx) => {
      await tx.record(entries, found.now);
      // What happened before there was a thread to tell it in.
      if (news.some((done) => done.outcome === 'posted'))
        await tx.enqueue([{ topic: 'card.thread', payload: { id: escalationId } }]);
    });
  }
}

/** Seconds until when nobody need miss a job for these cards; `null`: they are as they shall be. */
function expectedIn({ outcomes, retryAfterSeconds }: PublishReport): number | null {
  if (retryAfterSeconds !== null) return retryAfterSeconds + MISSED_AFTER_SECONDS;
  return outcomes.some((done) => done.outcome === 'failed') ? TRY_GONE_AGAIN_SECONDS : null;
}

function causeOf({ fault }: Extract<ChannelOutcome, { outcome: 'failed' }>): string {
  return fault.kind === 'rate_limited' ? 'rate_limited' : fault.error;
}
