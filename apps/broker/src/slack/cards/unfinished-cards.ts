import { Injectable } from '@nestjs/common';
import { Store } from '#escalations/ports.js';
import { CardDrift, CardFailures } from '#slack/ports.js';
import type { ChannelOutcome, PublishReport } from '#slack/cards/publish-card.js';

/** A job that is this late was lost. */
const MISSED_AFTER_SECONDS = 120;
/** How often a channel or message is tried again that Slack says is not there: the app may be invited meanwhile. */
const TRY_GONE_AGAIN_SECONDS = 600;
const TRUE_NOW: ReadonlySet<string> = new Set(['posted', 'updated', 'current']);

/** What becomes of cards that a job has left untrue. */
@Injectable()
export class UnfinishedCards {
  constructor(
    private readonly failures: CardFailures,
    private readonly drift: CardDrift,
    private readonly store: Store,
  ) {}

  /** Tells the history what Slack would not take, and who looks for lost cards when a job comes to those that are left. */
  async note({ outcomes, retryAfterSeconds }: PublishReport): Promise<void> {
    for (const failure of outcomes.filter(isFailed)) await this.failures.tell(failure.cardId, causeOf(failure));
    const left = outcomes.filter(({ outcome }) => !TRUE_NOW.has(outcome)).map(({ cardId }) => cardId);
    if (left.length === 0) return;
    const seconds = retryAfterSeconds === null ? TRY_GONE_AGAIN_SECONDS : retryAfterSeconds + MISSED_AFTER_SECONDS;
    await this.drift.expect([...new Set(left)], seconds);
  }

  /** Has the cards of this escalation published by a job of their own. */
  async publishAgain(escalationId: string): Promise<void> {
    await this.store.run((tx) => tx.journal.enqueue([{ topic: 'card.publish', payload: { id: escalationId } }]));
  }
}

type Failure = Extract<ChannelOutcome, { outcome: 'failed' }>;

function isFailed(done: ChannelOutcome): done is Failure {
  return done.outcome === 'failed';
}

function causeOf({ fault }: Failure): string {
  return fault.kind === 'rate_limited' ? 'rate_limited' : fault.error;
}
