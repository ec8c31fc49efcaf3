import { Injectable } from '@nestjs/common';
import { isRefusal } from '#domain/refusal.js';
import type { ButtonHandlers } from '#slack/receive/bolt-app.js';
import type { SlackClick } from '#slack/receive/clicks.js';
import type { WritModal } from '#slack/views/block-kit.js';
import type { ApprovalCardModel } from '#slack/views/card/card-model.js';
import { denyModal } from '#slack/views/deny-modal.view.js';
import { detailsModal } from '#slack/views/details-modal.view.js';
import { limitsModal } from '#slack/views/limits-modal.view.js';
import { ClickAdmission, type Admitted } from './click-admission.js';
import { CardRequests } from './card-requests.js';
import { askerOf, SlackAnswers, type Asker } from './slack-answers.js';
import { SlackBallot, type Vote } from './slack-ballot.js';
import { RevocationsByButton } from './revocations-by-button.js';

const WHOLE_APPROVAL: Vote = { verdict: 'approve', reason: null, limits: null };

/**
 * What the buttons of a card do: admit the click, then vote, open a form, show or revoke, and answer. Slack has had its
 * answer before any of these runs. A success says nothing more: the transaction of a vote or an end has queued the
 * rewriting of every card. Everything else is said to the person who acted.
 */
@Injectable()
export class SlackActions implements ButtonHandlers {
  constructor(
    private readonly admission: ClickAdmission,
    private readonly requests: CardRequests,
    private readonly ballot: SlackBallot,
    private readonly revocations: RevocationsByButton,
    private readonly answers: SlackAnswers,
  ) {}

  /** A click on Approve is the vote, unless something of the request was not shown or must be approved elsewhere. */
  approve(click: SlackClick): Promise<void> {
    return this.onCard(click, 'approve', async (asker, admitted) => {
      const open = await this.requests.open(admitted, 'approve');
      // What the decision itself refuses, it refuses in its own transaction and with its own event.
      if ('code' in open && !isRefusal(open)) return this.answers.refuse(asker, admitted, 'approve', open);
      return this.ballot.cast(asker, admitted, WHOLE_APPROVAL);
    });
  }

  /** A click on Deny only asks for the reason. */
  openDeny(click: SlackClick): Promise<void> {
    return this.openForm(click, 'deny', denyModal);
  }

  /** Opens the form to approve for less. */
  openLimits(click: SlackClick): Promise<void> {
    return this.openForm(click, 'approve', limitsModal);
  }

  /** The whole request in a modal, for those who may read it over REST too; having been shown it is remembered. */
  openDetails(click: SlackClick): Promise<void> {
    return this.onCard(click, null, async (asker, admitted) => {
      const model = await this.requests.whole(admitted);
      if (isRefusal(model)) return this.answers.say(asker, model);
      const shown = await this.answers.modal(asker, click.triggerId, detailsModal(model));
      if (shown) await this.requests.wholeShown(admitted);
    });
  }

  /** Ends a live grant with one click and its question. */
  revoke(click: SlackClick): Promise<void> {
    return this.onCard(click, null, async (asker, admitted) => {
      const refusal = await this.revocations.end(admitted);
      if (refusal !== null) await this.answers.say(asker, refusal, admitted.card);
    });
  }

  /** A person who could not cast the vote that the form is for is told so before they fill it in. */
  private openForm(
    click: SlackClick,
    verdict: Vote['verdict'],
    form: (model: ApprovalCardModel) => WritModal,
  ): Promise<void> {
    return this.onCard(click, verdict, async (asker, admitted) => {
      const open = await this.requests.open(admitted, verdict);
      if ('code' in open) return this.answers.refuse(asker, admitted, verdict, open);
      await this.answers.modal(asker, click.triggerId, form(open.model));
    });
  }

  /** @param verdict of the vote that the click is or prepares, which is on record where it is not admitted; `null`: of none */
  private async onCard(
    click: SlackClick,
    verdict: Vote['verdict'] | null,
    act: (asker: Asker, admitted: Admitted) => Promise<void>,
  ): Promise<void> {
    const asker = askerOf(click);
    await this.answers.spoken(asker, async () => {
      const admitted = await this.admission.click(click);
      if (!('refusal' in admitted)) return act(asker, admitted);
      if (verdict === null) return this.answers.say(asker, admitted.refusal);
      return this.answers.turnAway(asker, admitted, verdict);
    });
  }
}
