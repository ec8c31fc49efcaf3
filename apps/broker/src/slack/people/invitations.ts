import type { UnitOfWork } from '#escalations/ports.js';
import type { MemberJoined } from '#slack/receive/events.js';
import type { CardFailures } from '#slack/ports.js';
import type { SlackConnection } from '../slack-connection.js';

/** The app was invited into a channel: what Slack refused it there before is tried at once. */
export class Invitations {
  constructor(
    private readonly cards: Pick<CardFailures, 'wake'>,
    private readonly unitOfWork: UnitOfWork,
    private readonly app: Pick<SlackConnection, 'teamId' | 'appId' | 'botUserId'>,
  ) {}

  /** Others who join concern nobody here. May be done twice: a job too many finds nothing to do. */
  async joined({ teamId, apiAppId, userId, channel }: MemberJoined): Promise<void> {
    const { app } = this;
    if (teamId !== app.teamId || apiAppId !== app.appId || userId !== app.botUserId) return;
    const waiting = await this.cards.wake(channel);
    if (waiting.length === 0) return;
    await this.unitOfWork.run((tx) =>
      tx.enqueue(waiting.map((id) => ({ topic: 'card.publish', payload: { id } }) as const)),
    );
  }
}
