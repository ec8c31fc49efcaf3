import { Inject, Injectable, Optional } from '@nestjs/common';
import { clickMatches, type Sender, type SlackClick, type SlackSubmission } from '#slack/receive/clicks.js';
import { CardStore, type StoredCard } from '#slack/ports.js';
import type { SlackRefusal } from '#slack/views/refusals.js';
import { SlackAccounts, type Workspace } from '../people/slack-accounts.js';
import { SLACK_CONNECTION } from '../slack-context.js';
import { UnmatchedDeliveries } from './unmatched-deliveries.js';

/** Someone we know acted on a message of ours. That says nothing yet about whether they may decide. */
export interface Admitted {
  readonly card: StoredCard;
  /** Id of the person in the catalog. */
  readonly person: string;
  readonly slackUser: string;
}

/** Not admitted. `card` when the message at least is ours, so that the refusal can be recorded with its request. */
export interface NotAdmitted {
  readonly card: StoredCard | null;
  readonly refusal: SlackRefusal;
  /** `ts` of a second copy of our card in its own channel, on which the click was made. */
  readonly copyTs?: string;
}

/** How often and how long a card is awaited whose post Slack has answered and whose `ts` we have not yet written. */
const UNRECORDED_READS = 8;
const UNRECORDED_PAUSE_MS = 100;

/**
 * From a click to a card and a person, both from our own records: the card by its opaque id, at exactly the stored
 * place; the person by the workspace and user that are bound to them. Names, texts and echoed blocks are not read.
 */
@Injectable()
export class ClickAdmission {
  constructor(
    private readonly cards: CardStore,
    @Inject(SlackAccounts) private readonly accounts: Pick<SlackAccounts, 'personBehind'>,
    @Inject(SLACK_CONNECTION) private readonly workspace: Workspace,
    @Inject(UnmatchedDeliveries) private readonly strays: Pick<UnmatchedDeliveries, 'unknownCard'>,
    @Optional() private readonly pause: (ms: number) => Promise<void> = elapse,
  ) {}

  /**
   * Refuses `unknown_card`, `foreign_click` (other channel, message, workspace or app), `not_bound`, and an account whose
   * organisation Slack does not confirm.
   */
  async click(click: SlackClick): Promise<Admitted | NotAdmitted> {
    const card = await this.recordedCard(click.cardId);
    if (card === null) return this.unknownCard('click', click);
    if (clickMatches(click, card, this.workspace)) return this.bound(card, click);
    const refused = { card, refusal: { code: 'foreign_click' } } as const;
    const onlyTheMessageDiffers = clickMatches({ ...click, messageTs: card.ts ?? '' }, card, this.workspace);
    // A message that is another request's card keeps its buttons, whatever value a click on it carried.
    const stray = onlyTheMessageDiffers && !(await this.cards.isOnRecord(click.channelId, click.messageTs));
    return stray ? { ...refused, copyTs: click.messageTs } : refused;
  }

  /** The same for a modal, which names no channel: the stored card does. */
  async submission(submission: Omit<SlackSubmission, 'reason'>): Promise<Admitted | NotAdmitted> {
    const card = await this.recordedCard(submission.cardId);
    if (card === null || card.ts === null) return this.unknownCard('submission', submission);
    const { teamId, apiAppId } = submission;
    if (teamId !== this.workspace.teamId || apiAppId !== this.workspace.appId) {
      return { card, refusal: { code: 'foreign_click' } };
    }
    return this.bound(card, submission);
  }

  private async unknownCard(what: string, who: { teamId: string; userId: string }): Promise<NotAdmitted> {
    await this.strays.unknownCard(what, who);
    return { card: null, refusal: { code: 'unknown_card' } };
  }

  /** Slack shows a message before we have written down its `ts`: a quick click waits for that instead of being refused. */
  private async recordedCard(cardId: string): Promise<StoredCard | null> {
    let card = await this.cards.byId(cardId);
    for (let read = 1; card !== null && card.ts === null && read < UNRECORDED_READS; read += 1) {
      await this.pause(UNRECORDED_PAUSE_MS);
      card = await this.cards.byId(cardId);
    }
    return card;
  }

  private async bound(card: StoredCard, who: Sender): Promise<Admitted | NotAdmitted> {
    const account = await this.accounts.personBehind(who);
    if ('refusal' in account) return { card, refusal: account.refusal };
    const { person } = account;
    if (person === null) return { card, refusal: { code: 'not_bound' } };
    return { card, person, slackUser: who.userId };
  }
}

function elapse(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
