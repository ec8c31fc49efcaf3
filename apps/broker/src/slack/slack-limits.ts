import { isRefusal, type Refusal } from '#domain/refusal.js';
import type { SlackHandlers } from '#slack/bolt-app.js';
import type { LimitsSubmission, SlackClick } from '#slack/clicks.js';
import { limitsFrom, type FormFaults } from '#slack/limits-form.js';
import { limitsModal } from '#slack/views/limits-modal.view.js';
import { refusalSentence, slackRefusalSentence, type SlackRefusal } from '#slack/views/refusals.js';
import { type Admitted, type ClickAdmission } from './click-admission.js';
import { askerOf, type SlackAnswers } from './slack-answers.js';
import { type SlackBallot } from './slack-ballot.js';

/** Slack keeps a form open for an answer within three seconds; one that comes later is spoken instead. */
const FORM_WAITS_MS = 2_500;

/** Approve for less: the form, and what comes back from it, which is judged against the stored request alone. */
export class SlackLimits implements Pick<SlackHandlers, 'openLimits' | 'submitLimits'> {
  constructor(
    private readonly admission: ClickAdmission,
    private readonly ballot: SlackBallot,
    private readonly answers: SlackAnswers,
    private readonly nowMs: () => number = () => performance.now(),
  ) {}

  /** Opens the form; who could not approve is told so before they fill it in. */
  async openLimits(click: SlackClick): Promise<void> {
    const asker = askerOf(click);
    await this.answers.spoken(asker, async () => {
      const admitted = await this.admission.click(click);
      if ('refusal' in admitted) return this.ballot.turnAway(asker, admitted, 'approve');
      const open = await this.ballot.open(admitted, 'approve');
      if ('code' in open) return this.ballot.refuse(asker, admitted, 'approve', open);
      await this.answers.modal(asker, click.triggerId, limitsModal(open.model));
    });
  }

  /**
   * The form comes back. What is wrong with it, and a request that may no longer be approved, is said in the form, which
   * stays open; then the vote is cast, and what refuses it there is said to this person alone.
   */
  async submitLimits(
    submission: LimitsSubmission,
    answer: (faults: FormFaults | null) => Promise<void>,
  ): Promise<void> {
    const began = this.nowMs();
    const admitted = await this.admission.submission(submission);
    if (admitted.card === null) return answer(inForm({ code: 'unknown_card' }));
    const asker = { channel: admitted.card.channel, userId: submission.userId, teamId: submission.teamId };
    if ('refusal' in admitted) {
      await answer(null);
      return this.answers.spoken(asker, () => this.ballot.turnAway(asker, admitted, 'approve'));
    }
    const judged = await this.judge(admitted, submission).catch((error: unknown) => ({ error }));
    if ('error' in judged) {
      await answer(inForm({ code: 'outcome_unknown' }));
      throw judged.error;
    }
    if ('faults' in judged) {
      await answer(judged.faults);
      if (judged.refusal !== null)
        await this.answers.recordUncounted({ ...admitted, verdict: 'approve', refusal: judged.refusal }, asker);
      return this.late(began) ? this.answers.refuse(asker, judged.refusal ?? { code: 'no_modal' }) : undefined;
    }
    await answer(null);
    const vote = { verdict: 'approve', reason: submission.form.note, limits: judged.limits } as const;
    await this.answers.spoken(asker, () => this.ballot.cast(asker, admitted, vote));
  }

  private async judge(
    admitted: Admitted,
    { form }: LimitsSubmission,
  ): Promise<{ limits: LimitsOf } | { faults: FormFaults; refusal: SlackRefusal | Refusal | null }> {
    const open = await this.ballot.open(admitted, 'approve');
    if ('code' in open) return { faults: inForm(open), refusal: open };
    const read = limitsFrom(form, open.story.escalation.request);
    return 'faults' in read ? { faults: read.faults, refusal: null } : read;
  }

  private late(began: number): boolean {
    return this.nowMs() - began > FORM_WAITS_MS;
  }
}

type LimitsOf = Extract<ReturnType<typeof limitsFrom>, { limits: unknown }>['limits'];

/** A refusal that is about no single input stands under the first one. */
function inForm(refusal: SlackRefusal | Refusal): FormFaults {
  return { ttl: isRefusal(refusal) ? refusalSentence(refusal) : slackRefusalSentence(refusal) };
}
