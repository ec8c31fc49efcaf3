import { isRefusal } from '#domain/refusal.js';
import { type ReadEscalation } from '#escalations/watch/read-escalation.js';
import type { SlackHandlers } from '#slack/receive/bolt-app.js';
import type { SlackClick } from '#slack/receive/clicks.js';
import { denyModal } from '#slack/views/deny-modal.view.js';
import { detailsModal } from '#slack/views/details-modal.view.js';
import { type CardModelLoader } from '../cards/card-model.js';
import { type ClickAdmission } from './click-admission.js';
import { askerOf, type SlackAnswers } from './slack-answers.js';
import { type SlackBallot } from './slack-ballot.js';

/**
 * What the buttons to decide do. Slack has had its answer before any of these runs. A success says nothing more: the
 * vote's own transaction has queued the rewriting of every card. Everything else is said to the person who acted.
 */
export class SlackActions implements Pick<SlackHandlers, 'approve' | 'openDeny' | 'openDetails'> {
  constructor(
    private readonly admission: ClickAdmission,
    private readonly ballot: SlackBallot,
    private readonly read: ReadEscalation,
    private readonly models: CardModelLoader,
    private readonly answers: SlackAnswers,
  ) {}

  /** A click on Approve is the vote, unless something of the request was not shown or must be approved elsewhere. */
  async approve(click: SlackClick): Promise<void> {
    const asker = askerOf(click);
    await this.answers.spoken(asker, async () => {
      const admitted = await this.admission.click(click);
      if ('refusal' in admitted) return this.ballot.turnAway(asker, admitted, 'approve');
      const open = await this.ballot.open(admitted, 'approve');
      // What the decision itself refuses, it refuses in its own transaction and with its own event.
      if ('code' in open && !isRefusal(open)) return this.ballot.refuse(asker, admitted, 'approve', open);
      return this.ballot.cast(asker, admitted, { verdict: 'approve', reason: null, limits: null });
    });
  }

  /** A click on Deny only asks for the reason; who could not deny is told so before they write one. */
  async openDeny(click: SlackClick): Promise<void> {
    const asker = askerOf(click);
    await this.answers.spoken(asker, async () => {
      const admitted = await this.admission.click(click);
      if ('refusal' in admitted) return this.ballot.turnAway(asker, admitted, 'deny');
      const open = await this.ballot.open(admitted, 'deny');
      if ('code' in open) return this.ballot.refuse(asker, admitted, 'deny', open);
      await this.answers.modal(asker, click.triggerId, denyModal(open.model));
    });
  }

  /** The whole request in a modal, for those who may read it over REST too; having been shown it is remembered. */
  async openDetails(click: SlackClick): Promise<void> {
    const asker = askerOf(click);
    await this.answers.spoken(asker, async () => {
      const admitted = await this.admission.click(click);
      if ('refusal' in admitted) return this.answers.refuse(asker, admitted.refusal);
      const { card, person } = admitted;
      const story = await this.read.forPerson(person, card.escalationId);
      if (isRefusal(story)) return this.answers.refuse(asker, story);
      const { model } = await this.models.of(story);
      const shown = await this.answers.modal(asker, click.triggerId, detailsModal({ ...model, cardId: card.cardId }));
      if (shown) await this.ballot.wholeShown(admitted);
    });
  }
}
