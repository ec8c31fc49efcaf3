import { isRefusal } from '#domain/refusal.js';
import type { AddComment } from '#escalations/add-comment.js';
import { typedText, type SaidInThread } from '#slack/events.js';
import type { CardThreads } from '#slack/ports.js';
import type { SlackGateway } from '#slack/slack-gateway.js';
import type { SlackAccounts } from './slack-accounts.js';

const TOO_LONG =
  'Writ did not take your reply into the record: it keeps at most 1,000 characters of a reply. Please say it shorter.';

/**
 * Talk under a card stays with the record: what a known person writes there becomes a comment of its escalation. Strangers,
 * guests, bots and people who may not read the request are passed over. No word is ever a vote.
 */
export class ThreadTalk {
  constructor(
    private readonly threads: CardThreads,
    private readonly accounts: SlackAccounts,
    private readonly comments: Pick<AddComment, 'execute'>,
    private readonly gateway: Pick<SlackGateway, 'ephemeral'>,
  ) {}

  /**
   * Takes a reply over, once. Rejects when the store is down and while Slack cannot tell about its author, so that Slack
   * delivers it again.
   */
  async said(said: SaidInThread): Promise<void> {
    const { channel, ts, threadTs, userId } = said;
    const escalationId = await this.threads.escalationOf({ channel, ts: threadTs });
    if (escalationId === null) return;
    const standing = await this.accounts.standingOf(said);
    if ('refusal' in standing) {
      if (standing.refusal.code === 'standing_unknown')
        throw new Error('Slack cannot tell about the author of a reply');
      return;
    }
    if (standing.person === null) return;
    const { person } = standing;
    const origin = { channel, ts };
    const kept = await this.comments.execute({ escalationId, person, text: typedText(said.text), origin });
    if (isRefusal(kept) && kept.code === 'too_long') await this.gateway.ephemeral(channel, userId, TOO_LONG);
  }
}
