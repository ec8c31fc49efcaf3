import { Inject, Injectable } from '@nestjs/common';
import { isRefusal } from '#domain/refusal.js';
import { AddComment } from '#escalations/people/add-comment.js';
import { typedText, type SaidInThread } from '#slack/receive/events.js';
import { CardThreads, SlackDeliveries } from '#slack/ports.js';
import { SlackGateway } from '#slack/send/slack-gateway.js';
import { slackRefusalSentence } from '#slack/views/refusals.js';
import { SlackAccounts } from './slack-accounts.js';

const TOO_LONG =
  'Writ did not take your reply into the record: it keeps at most 1,000 characters of a reply. Please say it shorter.';

const NOT_TAKEN = 'Writ took none of your replies in this thread into the record.';
const NOT_FOR_YOU = 'Writ has no such request for you.';

/**
 * Talk under a card stays with the record: what a known person writes there becomes a comment of its escalation. Strangers,
 * guests and people who may not read the request are told once a thread that it does not; bots are passed over. No word is
 * ever a vote.
 */
@Injectable()
export class ThreadTalk {
  constructor(
    private readonly threads: CardThreads,
    private readonly accounts: SlackAccounts,
    @Inject(AddComment) private readonly comments: Pick<AddComment, 'execute'>,
    @Inject(SlackGateway) private readonly gateway: Pick<SlackGateway, 'ephemeral'>,
    @Inject(SlackDeliveries) private readonly once: Pick<SlackDeliveries, 'first'>,
  ) {}

  /**
   * Takes a reply over, once. Rejects when the store is down and while Slack cannot tell about its author, so that Slack
   * delivers it again.
   */
  async said(said: SaidInThread): Promise<void> {
    const { channel, ts, threadTs, userId } = said;
    const escalationId = await this.threads.escalationOf({ channel, ts: threadTs });
    if (escalationId === null) return;
    const account = await this.accounts.personOf(said);
    if ('refusal' in account) {
      if (account.refusal.code === 'standing_unknown') throw new Error('Slack cannot tell about the author of a reply');
      return this.notTaken(said, slackRefusalSentence(account.refusal));
    }
    if (account.person === null) return this.notTaken(said, slackRefusalSentence({ code: 'not_bound' }));
    const { person } = account;
    const origin = { channel, ts };
    const kept = await this.comments.execute({ escalationId, person, text: typedText(said.text), origin });
    if (isRefusal(kept) && kept.code === 'too_long') await this.gateway.ephemeral(channel, userId, TOO_LONG);
    if (isRefusal(kept) && kept.code === 'not_found') await this.notTaken(said, NOT_FOR_YOU);
  }

  /** Once a person and thread: people talk among themselves, too. */
  private async notTaken({ channel, threadTs, userId }: SaidInThread, why: string): Promise<void> {
    if (!(await this.once.first(`talk:${channel}:${threadTs}:${userId}`))) return;
    await this.gateway.ephemeral(channel, userId, `${NOT_TAKEN} ${why}`);
  }
}
