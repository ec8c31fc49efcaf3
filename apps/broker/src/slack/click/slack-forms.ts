import { refuse, type Refusal } from '#domain/refusal.js';
import type { FormAnswer } from '#slack/receive/bolt-app.js';
import type { SlackSubmission } from '#slack/receive/clicks.js';
import type { FormFaults } from '#slack/views/limits-form.js';
import type { SlackRefusal } from '#slack/views/refusals.js';
import { type Admitted, type ClickAdmission, type NotAdmitted } from './click-admission.js';
import { sentenceOf, type Asker, type SlackAnswers } from './slack-answers.js';
import { type Open, type SlackBallot, type Vote } from './slack-ballot.js';
import { isUntold } from './slack-votes.js';

/** Slack keeps a form open for an answer within three seconds, and what was typed with it. */
const FORM_WAITS_MS = 2_500;
const NOT_NOW = refuse('unavailable', 'The form could not be judged.');

/** A form of a card as it came back. */
export interface SubmittedForm {
  readonly submission: Omit<SlackSubmission, 'reason'>;
  readonly verdict: Vote['verdict'];
  /** The block under which a refusal stands that is about no single input. */
  readonly block: string;
  /** Reads the inputs against the request in the store. */
  readonly read: (open: Open) => Vote | { readonly faults: FormFaults };
  readonly answer: FormAnswer;
}

/** A denial with its reason: everything is judged afresh, whoever opened the form and whatever it showed. */
export function denialForm(submission: SlackSubmission, answer: FormAnswer): SubmittedForm {
  const vote: Vote = { verdict: 'deny', reason: submission.reason, limits: null };
  return { submission, verdict: 'deny', block: 'reason', read: () => vote, answer };
}

type Judged =
  | { readonly vote: Vote; readonly admitted: Admitted }
  | { readonly faults: FormFaults }
  | { readonly refusal: SlackRefusal | Refusal }
  | { readonly error: unknown };

/** How far the judging has come, for an answer that cannot wait for it. */
interface Progress {
  who?: Admitted | NotAdmitted;
  askingSlack?: boolean;
}

/**
 * What both forms of a card do when they come back. Everything that speaks against the vote is found before Slack is
 * answered, so that the form stays open with what was typed; whoever is refused is told in the channel too. Then the
 * vote is cast, and what refuses it there is said in the channel alone.
 */
export class SlackForms {
  constructor(
    private readonly admission: ClickAdmission,
    private readonly ballot: SlackBallot,
    private readonly answers: SlackAnswers,
    private readonly waitsMs: number = FORM_WAITS_MS,
  ) {}

  /** Judges the form in time, answers it, and casts the vote when nothing speaks against it. */
  async submit(form: SubmittedForm): Promise<void> {
    const progress: Progress = {};
    const judging = this.judge(form, progress).catch((error: unknown) => ({ error }));
    const judged = await within(this.waitsMs, judging, () => ({
      // Nothing is counted later that was said not to count.
      refusal: progress.askingSlack === true ? ({ code: 'standing_unknown' } as const) : NOT_NOW,
    }));
    if ('vote' in judged) return this.cast(form, judged.admitted, judged.vote);
    if ('faults' in judged) return form.answer(judged.faults);
    const refusal = 'error' in judged ? NOT_NOW : judged.refusal;
    await form.answer({ [form.block]: sentenceOf(refusal) });
    await this.turnAway(form, progress.who, refusal);
    if ('error' in judged) throw judged.error;
  }

  private async judge({ submission, verdict, read }: SubmittedForm, progress: Progress): Promise<Judged> {
    const who = await this.admission.submission(submission);
    progress.who = who;
    if ('refusal' in who) return { refusal: who.refusal };
    const open = await this.ballot.open(who, verdict);
    if ('code' in open) return { refusal: open };
    const vote = read(open);
    if ('faults' in vote) return vote;
    progress.askingSlack = true;
    const refusal = await this.ballot.standing(who);
    return refusal === null ? { vote, admitted: who } : { refusal };
  }

  private async cast(form: SubmittedForm, admitted: Admitted, vote: Vote): Promise<void> {
    await form.answer(null);
    const asker = askerIn(form, admitted.card.channel);
    await this.answers.spoken(asker, () => this.ballot.cast(asker, admitted, vote));
  }

  /** A form of a card that we do not know names no channel, so there is nowhere else to say it. */
  private async turnAway(
    form: SubmittedForm,
    who: Admitted | NotAdmitted | undefined,
    refusal: SlackRefusal | Refusal,
  ): Promise<void> {
    if (who === undefined || who.card === null) return;
    const asker = askerIn(form, who.card.channel);
    if ('refusal' in who) return this.ballot.turnAway(asker, who, form.verdict);
    // Nothing is known against this person: it may be tried again.
    if (refusal === NOT_NOW || isUntold(refusal)) return this.answers.refuse(asker, refusal);
    await this.ballot.refuse(asker, who, form.verdict, refusal);
  }
}

function askerIn({ submission: { userId, teamId } }: SubmittedForm, channel: string): Asker {
  return { channel, userId, teamId, messageTs: null, responseUrl: null };
}

async function within<T>(ms: number, work: Promise<T>, late: () => T): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const over = new Promise<T>((resolve) => (timer = setTimeout(() => resolve(late()), ms)));
  try {
    return await Promise.race([work, over]);
  } finally {
    clearTimeout(timer);
  }
}
