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
const TRUE_NOW: ReadonlySet<string> = new Set(['posted', 'updated', 'current']);

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
    const { store: cards } = this.cards;
    const report = await publishCard(
      { cards, slack: this.gateway, loadCardModel: (id) => this.models.load(id), posting },
      escalationId,
    );
    await this.tell(
      escalationId,
      report.outcomes.filter(isFailed).filter((failure) => this.isNews(failure)),
    );
    for (const done of report.outcomes) if (!isFailed(done)) this.told.delete(done.cardId);
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

  private isNews(failure: Failure): boolean {
    const cause = causeOf(failure);
    if (this.told.get(failure.cardId) === cause) return false;
    if (this.told.size >= REMEMBERED_MAX) this.told.clear();
    this.told.set(failure.cardId, cause);
    return true;
  }

  /** What went well, the record of the card tells itself. */
  private async tell(escalationId: string, failures: readonly Failure[]): Promise<void> {
    if (failures.length === 0) return;
    const found = await this.reader.escalation(escalationId);
    if (found === null) return;
    const known = await this.cards.store.listByEscalation(escalationId);
    const entries = failures.map((failure): HistoryEntry => {
      const card = known.find((candidate) => candidate.cardId === failure.cardId);
      const { channel } = failure;
      const data = { channel, ts: card?.ts ?? null, version: card?.version ?? 0, error: causeOf(failure) };
      return { type: 'card.failed', actor: SYSTEM, escalation: escalationId, agent: found.escalation.agentId, data };
    });
    await this.unitOfWork.run((tx) => tx.record(entries, found.now));
  }
}

type Failure = Extract<ChannelOutcome, { outcome: 'failed' }>;

function isFailed(done: ChannelOutcome): done is Failure {
  return done.outcome === 'failed';
}

function causeOf({ fault }: Failure): string {
  return fault.kind === 'rate_limited' ? 'rate_limited' : fault.error;
}
