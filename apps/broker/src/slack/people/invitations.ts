import { Inject, Injectable } from '@nestjs/common';
import { Store } from '#escalations/ports.js';
import type { SlackConnection } from '#platform/config/environment/slack-environment.js';
import type { MemberJoined } from '#slack/receive/events.js';
import { CardFailures } from '#slack/ports.js';
import { SLACK_CONNECTION } from '../slack-context.js';

/** The app was invited into a channel: what Slack refused it there before is tried at once. */
@Injectable()
export class Invitations {
  constructor(
    @Inject(CardFailures) private readonly cards: Pick<CardFailures, 'wake'>,
    private readonly store: Store,
    @Inject(SLACK_CONNECTION) private readonly app: Pick<SlackConnection, 'teamId' | 'appId' | 'botUserId'>,
  ) {}

  /** Others who join concern nobody here. May be done twice: a job too many finds nothing to do. */
  async joined({ teamId, apiAppId, userId, channel }: MemberJoined): Promise<void> {
    const { app } = this;
    if (teamId !== app.teamId || apiAppId !== app.appId || userId !== app.botUserId) return;
    const waiting = await this.cards.wake(channel);
    if (waiting.length === 0) return;
    await this.store.run((tx) =>
      tx.journal.enqueue(waiting.map((id) => ({ topic: 'card.publish', payload: { id } }) as const)),
    );
  }
}
