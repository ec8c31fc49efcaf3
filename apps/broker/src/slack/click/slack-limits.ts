import type { FormAnswer, SlackHandlers } from '#slack/receive/bolt-app.js';
import type { LimitsSubmission, SlackClick } from '#slack/receive/clicks.js';
import { limitsFrom } from '#slack/views/limits-form.js';
import { limitsModal } from '#slack/views/limits-modal.view.js';
import { type ClickAdmission } from './click-admission.js';
import { askerOf, type SlackAnswers } from './slack-answers.js';
import { type SlackBallot } from './slack-ballot.js';
import { type SlackForms } from './slack-forms.js';

/** Approve for less: the form, and what comes back from it, which is judged against the stored request alone. */
export class SlackLimits implements Pick<SlackHandlers, 'openLimits' | 'submitLimits'> {
  constructor(
    private readonly admission: ClickAdmission,
    private readonly ballot: SlackBallot,
    private readonly answers: SlackAnswers,
    private readonly forms: SlackForms,
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

  /** The form comes back. What is wrong with it, and what speaks against the vote, is said in the form, which stays open. */
  async submitLimits(submission: LimitsSubmission, answer: FormAnswer): Promise<void> {
    const { form } = submission;
    await this.forms.submit({
      submission,
      verdict: 'approve',
      block: 'ttl',
      read: ({ story }) => {
        const read = limitsFrom(form, story.escalation.request);
        return 'faults' in read ? read : { verdict: 'approve', reason: form.note, limits: read.limits };
      },
      answer,
    });
  }
}
