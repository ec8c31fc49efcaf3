import { isRefusal, type Refusal } from '#domain/refusal.js';
import { type ReadEscalation } from '#escalations/read-escalation.js';
import type { SlackHandlers } from '#slack/bolt-app.js';
import type { SlackClick, SlackSubmission } from '#slack/clicks.js';
import { denyModal } from '#slack/views/deny-modal.view.js';
import { detailsModal } from '#slack/views/details-modal.view.js';
import { type CardModelLoader } from './card-model.js';
import { type ClickAdmission, type Admitted, type NotAdmitted } from './click-admission.js';
import { type SlackAnswers, type Asker } from './slack-answers.js';
import { type SlackVotes } from './slack-votes.js';

type Vote = { readonly verdict: 'approve' | 'deny'; readonly reason: string | null };

/** Refusals after which the message that was clicked may be older than the request. */
const CARD_MAY_BE_OLD: ReadonlySet<string> = new Set(['already_decided', 'stale_digest']);

/**
 * What the buttons do. Slack has had its answer before any of these runs. A success says nothing more: the vote's own
 * transaction has queued the rewriting of every card. Everything else is said to the person who acted.
 */
export class SlackActions implements SlackHandlers {
  constructor(
    private readonly admission: ClickAdmission,
    private readonly votes: SlackVotes,
    private readonly read: ReadEscalation,
    private readonly models: CardModelLoader,
    private readonly answers: SlackAnswers,
  ) {}

  /** A click on Approve is the vote. */
  async approve(click: SlackClick): Promise<void> {
    const asker = askerOf(click);
    await this.spoken(asker, async () => {
      const admitted = await this.admission.click(click);
      await this.vote(asker, admitted, { verdict: 'approve', reason: null });
    });
  }

  /** A click on Deny only asks for the reason; who could not deny is told so before they write one. */
  async openDeny(click: SlackClick): Promise<void> {
    const asker = askerOf(click);
    await this.spoken(asker, async () => {
      const admitted = await this.admission.click(click);
      if ('refusal' in admitted) return this.turnAway(asker, admitted, 'deny');
      const { card, person } = admitted;
      const story = await this.read.load(card.escalationId);
      if (story === null) return this.answers.refuse(asker, { code: 'unknown_card' });
      const refusal = await this.votes.preview(person, story, card.digest);
      if (refusal !== null) {
        await this.refuseVote(asker, admitted, refusal);
        return this.answers.recordUncounted({ card, person, verdict: 'deny', refusal }, asker);
      }
      const { model } = await this.models.of(story);
      return this.answers.modal(asker, click.triggerId, denyModal({ ...model, cardId: card.cardId }));
    });
  }

  /** The modal comes back: everything is judged afresh, whoever opened it and whatever it showed. */
  async submitDeny(submission: SlackSubmission): Promise<void> {
    const admitted = await this.admission.submission(submission);
    // A modal of an unknown card names no channel, so there is nowhere to answer.
    if (admitted.card === null) return;
    const asker = { channel: admitted.card.channel, userId: submission.userId, teamId: submission.teamId };
    await this.spoken(asker, () => this.vote(asker, admitted, { verdict: 'deny', reason: submission.reason }));
  }

  /** The whole request in a modal, for those who may read it over REST too. */
  async openDetails(click: SlackClick): Promise<void> {
    const asker = askerOf(click);
    await this.spoken(asker, async () => {
      const admitted = await this.admission.click(click);
      if ('refusal' in admitted) return this.answers.refuse(asker, admitted.refusal);
      const { card, person } = admitted;
      const story = await this.read.forPerson(person, card.escalationId);
      if (isRefusal(story)) return this.answers.refuse(asker, story);
      const { model } = await this.models.of(story);
      return this.answers.modal(asker, click.triggerId, detailsModal({ ...model, cardId: card.cardId }));
    });
  }

  private async vote(asker: Asker, admitted: Admitted | NotAdmitted, vote: Vote): Promise<void> {
    const { verdict } = vote;
    if ('refusal' in admitted) return this.turnAway(asker, admitted, verdict);
    const outcome = await this.votes.cast(admitted, vote);
    if (outcome.kind === 'counted') return;
    if (outcome.kind === 'unanswered') return this.answers.refuse(asker, { code: 'standing_unknown' });
    const { refusal, recorded } = outcome;
    if (isRefusal(refusal)) await this.refuseVote(asker, admitted, refusal);
    else await this.answers.refuse(asker, refusal);
    const { card, person } = admitted;
    if (!recorded) await this.answers.recordUncounted({ card, person, verdict, refusal }, asker);
  }

  private async refuseVote(asker: Asker, admitted: Admitted, refusal: Refusal): Promise<void> {
    await this.answers.refuse(asker, refusal);
    if (CARD_MAY_BE_OLD.has(refusal.code)) await this.answers.refreshCards(admitted.card.escalationId);
  }

  private async turnAway(
    asker: Asker,
    { card, refusal, copyTs }: NotAdmitted,
    verdict: Vote['verdict'],
  ): Promise<void> {
    await this.answers.refuse(asker, refusal);
    if (card === null) return;
    if (copyTs !== undefined) await this.answers.retireCopy(card, copyTs);
    await this.answers.recordUncounted({ card, person: null, verdict, refusal }, asker);
  }

  /** A failure is spoken too, and then goes to the log. Whether the vote was written before it, nobody can say here. */
  private async spoken(asker: Asker, work: () => Promise<void>): Promise<void> {
    try {
      await work();
    } catch (error) {
      await this.answers.refuse(asker, { code: 'outcome_unknown' });
      throw error;
    }
  }
}

function askerOf(click: SlackClick): Asker {
  return { channel: click.channelId, userId: click.userId, teamId: click.teamId };
}
